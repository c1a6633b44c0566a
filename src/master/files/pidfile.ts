import { DenicornError } from "../../core/errors.ts";
import { reasonOf } from "../../core/reason.ts";
import type { LockFile, System } from "../../system/system.ts";

interface Pidfile {
  /** Removes the file if it still names this process. */
  remove(): void;
}

/** In bytes: a process id, with space for its line end. */
export const longestPidfile = 64;

/**
 * Writes the id of this process to `path`. Only a file that is empty or holds a process id is replaced, and only if no
 * process holds it: the id alone may be that of another program by now. `onStale` gets why an old file is replaced.
 * `oldMaster` is the process that this one takes over from. Throws DenicornError `pidfile`.
 */
export function writePidfile(
  system: System,
  path: string,
  oldMaster: number | null,
  onStale: (why: string) => void,
): Pidfile {
  const own = `${system.host.pid}\n`;
  let file: LockFile | undefined;
  try {
    file = system.files.lockFile(path);
    const content = contentOf(file);
    if (content !== null && content !== String(oldMaster)) {
      if (isInUse(system, file, content)) throw inUse(path, content);
      onStale(staleness(system, content));
    }
    file.replace(own);
    return keeper(file, own);
  } catch (error) {
    file?.close();
    if (error instanceof DenicornError) throw error;
    throw new DenicornError(
      "pidfile",
      `cannot write pidfile: ${path} (${
        reasonOf(error)
      }): give a path in a directory this user may write to, where nothing ` +
        "else is",
      { cause: error },
    );
  }
}

function keeper(file: LockFile, own: string): Pidfile {
  return {
    remove() {
      if (file.read(longestPidfile) === own) file.remove();
      file.close();
    },
  };
}

/** `null` if there is no file. Throws for every content that a pidfile cannot have, without showing it. */
function contentOf(file: LockFile): string | null {
  const content = file.read(longestPidfile)?.trim() ?? null;
  if (content !== null && !/^\d*$/.test(content)) {
    throw new Error("it holds something else than a process id");
  }
  return content;
}

/** Where nothing is known of the lock, a process with this id counts as the one that wrote it. */
function isInUse({ host, processes }: System, file: LockFile, content: string): boolean {
  if (content === "") return false;
  return file.isHeld() ?? (Number(content) !== host.pid && processes.isAlive(Number(content)));
}

function inUse(path: string, pid: string): DenicornError {
  return new DenicornError(
    "pidfile",
    `cannot use pidfile: ${path} names process ${pid}, which is running: stop it, or choose another --pid`,
  );
}

function staleness({ processes }: System, content: string): string {
  if (content === "") return "it contains no process id";
  const isReused = processes.isAlive(Number(content));
  return isReused ? `process ${content} is another program now` : `process ${content} is gone`;
}
