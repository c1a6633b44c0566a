import type { HookName } from "../../core/hook_table.ts";
import { DenicornError } from "../../core/errors.ts";
import { showDuration } from "../../settings/kinds/duration.ts";

/** `file` as messages show it; `timeout` in ms. */
export function lateHook(name: HookName, file: string, timeout: number): DenicornError {
  return new DenicornError(
    "hook",
    `hook ${name} of ${file} was not done after ${
      showDuration(timeout)
    } (hook-timeout): look for a loop or a promise ` +
      "that never ends, or raise --hook-timeout",
  );
}
