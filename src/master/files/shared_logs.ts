import { LogFile } from "../../log/log_file.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Identity, System } from "../../system/system.ts";

/**
 * Workers append to both logs. With a user of their own they cannot open files that root created, so the files are
 * created here and given to that user. If one cannot be opened, the other still is. Throws DenicornError
 * `log-unwritable`.
 */
export function shareLogs(system: System, settings: Settings, account: Identity): void {
  const logs = [
    { setting: "error-logfile", path: settings.errorLogfile, stream: "stderr" },
    { setting: "access-logfile", path: settings.accessLogfile, stream: "stdout" },
  ] as const;
  let failure: unknown;
  for (const { path, ...log } of logs) {
    try {
      if (path !== undefined) new LogFile(system, { ...log, path, account }).close();
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
}
