/**
 * Loads what brings ioredis with it. That prints what it sends, with the password, if `DEBUG` names it when it is loaded;
 * the variable is for the app only.
 */

import type { System } from "../system/system.ts";

export const debugVariable = "DEBUG";

let loads = 0;
let hidden: string | undefined;

/** What `load` resolves to. The variable is back then, unless something else has set it. */
export async function withoutDebug<Loaded>(
  host: Pick<System["host"], "env" | "setEnv">,
  load: () => Promise<Loaded>,
): Promise<Loaded> {
  if (loads++ === 0) {
    hidden = host.env(debugVariable);
    if (hidden !== undefined) host.setEnv(debugVariable, undefined);
  }
  try {
    return await load();
  } finally {
    if (--loads === 0 && hidden !== undefined && host.env(debugVariable) === undefined) {
      host.setEnv(debugVariable, hidden);
    }
  }
}
