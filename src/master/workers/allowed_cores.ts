/** The cores that `cpu-affinity` divides among workers. */

import { DenicornError } from "../../core/errors.ts";
import { cores, showCores } from "../../settings/kinds/core_list.ts";
import type { Resolved } from "../../settings/values.ts";
import type { System } from "../../system/system.ts";

/**
 * `null` if workers run where the kernel wants. Throws DenicornError `scheduling` for cores that this process may not use, or if
 * the system does not say which it may.
 */
export function coresFor(
  { files }: Pick<System, "files">,
  { settings: { cpuAffinity }, origins }: Pick<Resolved, "origins"> & {
    readonly settings: Pick<Resolved["settings"], "cpuAffinity">;
  },
): readonly number[] | null {
  if (cpuAffinity === undefined) return null;
  const given = `cpu-affinity: ${cores.show(cpuAffinity)} (${origins.cpuAffinity})`;
  const allowed = allowedCores(files);
  if (allowed === null) {
    throw new DenicornError("scheduling", `${given} is not supported on this system: leave it out`);
  }
  if (cpuAffinity === "auto") return allowed;
  const missing = cpuAffinity.filter((core) => !allowed.includes(core));
  if (missing.length === 0) return cpuAffinity;
  throw new DenicornError(
    "scheduling",
    `${given} is not accepted, because this process may not use ${showCores(missing)}: give some of ` +
      `${showCores(allowed)}, or auto`,
  );
}

/** By its control groups and its own affinity (proc(5)); `null` where the system does not say. */
function allowedCores(files: System["files"]): readonly number[] | null {
  try {
    const [, list] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(files.readTextSync("/proc/self/status")) ?? [];
    const allowed = list === undefined ? undefined : cores.parse(list, { cores: 1 });
    return allowed === undefined || allowed === "auto" ? null : allowed;
  } catch {
    return null;
  }
}
