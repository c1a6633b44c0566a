import { DenicornError } from "../../core/errors.ts";
import { reasonOf } from "../../core/reason.ts";
import type { Resolved } from "../../settings/values.ts";
import type { System } from "../../system/system.ts";

/**
 * Gives this process the niceness of the settings. Call it before the first worker starts: workers inherit it, also those that
 * run as a user who could not ask for it. Throws DenicornError `scheduling`.
 */
export function applyNice({ processes }: Pick<System, "processes">, { settings, origins }: Resolved): void {
  const { nice } = settings;
  if (nice === undefined) return;
  try {
    processes.setNiceness(nice);
  } catch (error) {
    throw new DenicornError(
      "scheduling",
      `nice: ${nice} (${origins.nice}) cannot be set (${
        reasonOf(error)
      }): give a greater number, or start as root or with ` +
        "CAP_SYS_NICE",
      { cause: error },
    );
  }
}
