import { LogFile } from "../../log/log_file.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Identity, System } from "../../system/system.ts";

/**
 * Workers append to both logs. With a user of their own they cannot open files that root created, so the files are
 * created here and given to that user. Throws DenicornError `log-unwritable`.
 */
export function shareLogs(system: System, settings: Settings, identity: Identity): void {
  const logs = [
    ["error-logfile", settings.errorLogfile, "stderr"],
    ["access-logfile", settings.accessLogfile, "stdout"],
  ] as const;
  for (const [setting, path, stream] of logs) {
    if (path === undefined || path === "-") continue;
    new LogFile(system, setting, path, stream).close();
    giveTo(system, path, identity);
  }
}

/**
 * Only a regular file: a user that may write to the directory could have put a link there, to a file that root must not
 * give away.
 */
function giveTo({ files }: System, path: string, { uid, gid }: Identity): void {
  if (uid === undefined && gid === undefined) return;
  if (files.lstat(path)?.isFile) files.changeOwner(path, uid ?? null, gid ?? null);
}
