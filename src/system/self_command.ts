import type { System } from "./system.ts";

/** The command that runs this program: the executable itself, or from source the same Deno with main.ts. */
export function selfCommand({ host }: Pick<System, "host">): [string, ...string[]] {
  if (host.standalone) return [host.execPath];
  const file = (path: string) => decodeURIComponent(new URL(path, import.meta.url).pathname);
  const permissions = host.permissions ?? ["-A"];
  const flags = ["run", ...permissions, "--quiet", "--cached-only", "--config", file("../../deno.json")];
  return [host.execPath, ...flags, file("../../main.ts")];
}
