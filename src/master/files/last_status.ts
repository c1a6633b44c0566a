/** The last status of an old master, for its successor: requests that its workers have finished since that took over. */

import type { Status } from "../../core/telemetry/status.ts";
import type { System } from "../../system/system.ts";

/** Where an old master leaves it: in the runtime directory of its successor. */
export function lastStatusIn(directory: string): string {
  return `${directory}/last-status.json`;
}

export function leaveStatus({ files }: Pick<System, "files">, path: string, status: Status): void {
  try {
    files.writeText(path, JSON.stringify(status), { mode: 0o600 });
  } catch {
    // The successor has ended, and its directory with it.
  }
}

/** `null` if there is none: the old master is of an older version, or was killed. */
export function takeLastStatus({ files }: Pick<System, "files">, path: string): unknown {
  try {
    const status: unknown = JSON.parse(files.readTextSync(path));
    files.remove(path);
    return status;
  } catch {
    return null;
  }
}
