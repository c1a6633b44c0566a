/** Copies of the running program, 109 MB each, which take 110 to 150 ms. They are removed when this process ends. */

import { reasonOf } from "../../core/reason.ts";
import { lockDirectory } from "../files/directory_lock.ts";
import { canExecute, cString, libc } from "../libc.ts";

export const runningProgram = "/proc/self/exe";

const prefix = "denicorn-program-";

export interface ProgramCopy {
  readonly path: string;
  readonly identity: string;
  remove(): void;
}

/** Device and inode of a file; `null` if there is no such file. */
export function identityOf(path: string): string | null {
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev} ${ino}`;
  } catch {
    return null;
  }
}

/**
 * A copy of the running program under the name `name`, after `change`. It is in `home`, or where that cannot hold it, in
 * another place; in memory only if no disk can hold it. Throws if there is no place.
 */
export function copyProgram(name: string, home: string | null, change: (path: string) => void): ProgramCopy {
  const failures: string[] = [];
  for (const parent of places(home)) {
    try {
      removeAbandoned(parent);
      return copyIn(parent, name, change);
    } catch (error) {
      failures.push(`${parent} (${reasonOf(error)})`);
    }
  }
  throw new Error(`no place for a copy of the program that runs: tried ${failures.join(", ")}`);
}

function places(home: string | null): string[] {
  const named = [home ?? "", Deno.env.get("TMPDIR") ?? "", "/tmp", "/var/tmp", "/dev/shm"];
  const all = [...new Set(named)].filter((path) => path.startsWith("/"));
  // What is in memory counts as memory of the control group, which may be what is scarce.
  return [...all.filter((path) => !isInMemory(path)), ...all.filter(isInMemory)];
}

/** tmpfs and ramfs, see statfs(2). */
const memoryFileSystems: readonly number[] = [0x0102_1994, 0x8584_58f6];

function isInMemory(path: string): boolean {
  const result = new BigInt64Array(32);
  try {
    if (libc().statfs(cString(path), new Uint8Array(result.buffer)) !== 0) return false;
  } catch {
    return false;
  }
  return memoryFileSystems.includes(Number(BigInt.asUintN(32, result[0] ?? 0n)));
}

function copyIn(parent: string, name: string, change: (path: string) => void): ProgramCopy {
  const { directory, unlock } = lockedDirectory(parent);
  const remove = () => {
    globalThis.removeEventListener("unload", remove);
    try {
      Deno.removeSync(directory, { recursive: true });
    } catch {
      // At the exit the directory around it may have been removed before.
    }
    unlock();
  };
  try {
    // Workers of another user may start it, too.
    Deno.chmodSync(directory, 0o711);
    const path = `${directory}/${name}`;
    Deno.copyFileSync(runningProgram, path);
    change(path);
    Deno.chmodSync(path, 0o755);
    if (!canExecute(path)) throw new Error("mounted noexec");
    globalThis.addEventListener("unload", remove);
    return { path, identity: identityOf(path) ?? "", remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** A new directory. Another process may take it for an abandoned one before it is locked. */
function lockedDirectory(parent: string): { readonly directory: string; readonly unlock: () => void } {
  for (let attempts = 3;; attempts--) {
    const directory = Deno.makeTempDirSync({ dir: parent, prefix });
    const unlock = lockDirectory(directory);
    if (unlock !== null && identityOf(directory) !== null) return { directory, unlock };
    unlock?.();
    if (attempts === 1) throw new Error("other processes remove it");
  }
}

/** Copies of processes that were killed. */
function removeAbandoned(parent: string): void {
  for (const name of namesIn(parent)) {
    if (!name.startsWith(prefix)) continue;
    const path = `${parent}/${name}`;
    try {
      if (Deno.lstatSync(path).uid !== Deno.uid()) continue;
      const unlock = lockDirectory(path);
      if (unlock === null) continue;
      try {
        Deno.removeSync(path, { recursive: true });
      } finally {
        unlock();
      }
    } catch {
      // Another process was faster.
    }
  }
}

/** Empty for a directory that may be written to but not listed. */
function namesIn(directory: string): string[] {
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name);
  } catch {
    return [];
  }
}
