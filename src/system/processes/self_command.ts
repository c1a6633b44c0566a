import { heapFlags } from "../../core/heap_flags.ts";
import type { System } from "../system.ts";

/**
 * The command that runs this program, of the version that runs now: the executable, or from source Deno with main.ts,
 * whose modules are read when they are needed. Ask for it each time: the file may be replaced meanwhile. Throws if the
 * program cannot be started any more. `heapLimit` limits the heap of V8 to so many bytes; 0 for the limit of the runtime.
 */
export function selfCommand({ host }: Pick<System, "host">, heapLimit = 0): [string, ...string[]] {
  if (host.standalone) return [host.program(heapLimit)];
  const flags = heapLimit === 0 ? [] : [`--v8-flags=${heapFlags(heapLimit).join(",")}`];
  return [host.program(0), ...sourceArguments(host, flags)];
}

/** What makes Deno run this program from its source. */
export function sourceArguments(
  host: Pick<System["host"], "permissions">,
  runtimeFlags: readonly string[] = [],
): string[] {
  const file = (path: string) => decodeURIComponent(new URL(path, import.meta.url).pathname);
  const permissions = host.permissions ?? ["-A"];
  const flags = ["run", ...permissions, "--quiet", "--cached-only", "--config", file("../../../deno.json")];
  return [...flags, ...runtimeFlags, file("../../../main.ts")];
}
