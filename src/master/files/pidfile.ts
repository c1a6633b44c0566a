import { DenicornError } from "../../core/errors.ts";
import type { System } from "../../system/system.ts";

interface Pidfile {
  /** Removes the file if it still names this process. */
  remove(): void;
}

/**
 * Writes the id of this process to `path`. The file of a dead process is replaced; `onStale` gets its content.
 * `oldMaster` is the process that this one takes over from.
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
    const existing = files.stat(path);
    // A device would be read without end, or replaced.
    if (existing?.isFile === false) throw new Error("it is not a file");
    const content = existing === null ? null : files.readTextSync(path).trim();
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
    // A reader never sees half of the file.
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

/** Why a pidfile with this content may be replaced. */
export function staleness(content: string): string {
  return /^[0-9]+$/.test(content) ? `process ${content} is gone` : "it contains no process id";
}
