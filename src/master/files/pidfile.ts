import { DenicornError } from "../../core/errors.ts";
import type { System } from "../../system/system.ts";

export interface Pidfile {
  /** Removes the file if it still names this process. */
  remove(): void;
}

/**
 * Writes this process's id to `path`. A file left by a dead process is replaced; `onStale` is told its content.
 * `predecessor` is the process this one takes the place of.
 * Throws DenicornError `pidfile`.
 */
export function writePidfile(
  system: System,
  path: string,
  oldMaster: number | null,
  onStale: (content: string) => void,
): Pidfile {
  const { files, host, processes } = system;
  const own = `${host.pid}\n`;
  try {
    const content = files.stat(path) === null ? null : files.readTextSync(path).trim();
    if (content !== null) {
      const pid = Number(content);
      const isOther = pid !== host.pid && pid !== oldMaster;
      if (Number.isInteger(pid) && pid > 0 && isOther && processes.isAlive(pid)) {
        throw new DenicornError(
          "pidfile",
          `cannot use pidfile: ${path} names process ${pid}, which is running: stop it, or choose another --pid`,
        );
      }
      if (pid !== oldMaster) onStale(content);
    }
    // Whoever reads the file never sees half of it.
    files.writeText(`${path}.${host.pid}`, own, { mode: 0o644 });
    files.rename(`${path}.${host.pid}`, path);
  } catch (error) {
    if (error instanceof DenicornError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DenicornError(
      "pidfile",
      `cannot write pidfile: ${path} (${reason}): give a path in a directory this user may write to`,
      { cause: error },
    );
  }
  return {
    remove() {
      if (files.stat(path) !== null && files.readTextSync(path) === own) files.remove(path);
    },
  };
}
