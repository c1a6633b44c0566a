import type { System } from "../system.ts";

/**
 * The command that runs this program, of the version that runs now: the executable, or from source Deno with main.ts,
 * whose modules are read when they are needed. Ask for it each time: the file may be replaced meanwhile. Throws if the
 * program cannot be started any more.
 */
export function selfCommand({ host }: Pick<System, "host">): [string, ...string[]] {
  const program = host.program();
  if (host.standalone) return [program];
  return [program, ...sourceArguments(host)];
}

/** What makes Deno run this program from its source. */
export function sourceArguments(host: Pick<System["host"], "permissions">): string[] {
  const file = (path: string) => decodeURIComponent(new URL(path, import.meta.url).pathname);
  const permissions = host.permissions ?? ["-A"];
  const flags = ["run", ...permissions, "--quiet", "--cached-only", "--config", file("../../../deno.json")];
  return [...flags, file("../../../main.ts")];
}
