/** The platforms Denicorn is built for. */

interface Platform {
  /** What `deno compile --target` calls it. */
  readonly triple: string;
  /** `e_machine` in the header of its executables. */
  readonly elfMachine: number;
  /** What Debian calls its processor. */
  readonly debian: string;
}

export const platforms = {
  "linux-x64": { triple: "x86_64-unknown-linux-gnu", elfMachine: 0x3e, debian: "amd64" },
  "linux-arm64": { triple: "aarch64-unknown-linux-gnu", elfMachine: 0xb7, debian: "arm64" },
} as const satisfies Readonly<Record<string, Platform>>;

export type Target = keyof typeof platforms;
export const targets = Object.keys(platforms) as readonly Target[];

export function isTarget(name: string): name is Target {
  return Object.hasOwn(platforms, name);
}

/** The target whose executables run on this machine, if there is one. */
export const hostTarget: Target | undefined = targets.find((name) =>
  platforms[name].triple === Deno.build.target
);
