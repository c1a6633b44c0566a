/** What a worker gives up before it imports its app: the runtime then refuses it to the app, and to Web Workers of it. */

import type { OptionalPermission } from "../../core/app_permissions.ts";
import { canFixPaths } from "../files/safe_path.ts";
import { endUnlessCalledWithin } from "../processes/dead_mans_switch.ts";
import { libc } from "../libc.ts";
import { ownUid } from "./own_uid.ts";

/** See `Host.giveUp`. */
export function giveUp(names: readonly OptionalPermission[]): void {
  if (names.length === 0) return;
  // What the worker itself needs of them later.
  ownUid();
  canFixPaths();
  try {
    libc();
    endUnlessCalledWithin(0);
  } catch {
    // Not Linux: it does without.
  }
  for (const name of names) Deno.permissions.revokeSync({ name });
}
