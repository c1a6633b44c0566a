import { LogFile } from "../../log/log_file.ts";
import type { Settings } from "../../settings/settings.ts";
import type { System } from "../../system/system.ts";
import type { Credentials } from "./credentials.ts";

/**
 * Workers append to both logs. Under an account of their own they could not open files that root made, so these
 * are made here and given to them. Throws DenicornError `log-unwritable`.
 */
export function shareLogs(system: System, settings: Settings, credentials: Credentials): void {
  const logs = [
    ["error-logfile", settings.errorLogfile, "stderr"],
    ["access-logfile", settings.accessLogfile, "stdout"],
  ] as const;
  for (const [setting, path, stream] of logs) {
    if (path === undefined || path === "-") continue;
    new LogFile(system, setting, path, stream).close();
    giveTo(system, path, credentials);
  }
}

/**
 * Only a file that lies at `path` itself: where the account may write to the directory, it could have put a link
 * there to something that root must not give away.
 */
function giveTo({ files }: System, path: string, { uid, gid }: Credentials): void {
  if (uid === undefined && gid === undefined) return;
  if (files.lstat(path)?.isFile) files.changeOwner(path, uid ?? null, gid ?? null);
}
