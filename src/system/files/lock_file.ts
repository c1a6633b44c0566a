/**
 * A small file that names the process that holds it, such as a pidfile. It is held by a lock for writing: only a process
 * that may write to the file can take one, so another user cannot make it look held (fcntl(2), F_OFD_SETLK).
 */

import { cString, libc } from "../libc.ts";
import {
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_RDLCK,
  F_UNLCK,
  F_WRLCK,
  O_CLOEXEC,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDWR,
} from "../linux_constants.ts";
import { canFixPaths, fixPath } from "./safe_path.ts";
import { readSmall } from "./small_file.ts";
import type { LockFile } from "../system.ts";

/** Throws for a path that leads through a link of another user. */
export function openLockFile(path: string): LockFile {
  const fixed = fixPath(path);
  const whole = fixed.path;
  return {
    read(limit) {
      const found = entryAt(whole);
      if (found === null) return null;
      if (!found.isFile) throw new Error("it is not a regular file");
      return readSmall(whole, limit, true);
    },
    isHeld: () => isHeld(whole),
    replace(text) {
      // Another user who could guess the name could put a link there.
      const draft = `${whole}.${crypto.randomUUID()}`;
      try {
        // On a full disk it is created, but not written.
        Deno.writeTextFileSync(draft, text, { createNew: true, mode: 0o644 });
        hold(draft);
        Deno.renameSync(draft, whole);
      } catch (error) {
        if (entryAt(draft) !== null) Deno.removeSync(draft);
        throw error;
      }
    },
    // Not recursive: a directory that is there now belongs to another program.
    remove: () => Deno.removeSync(whole),
    close: () => fixed[Symbol.dispose](),
  };
}

function entryAt(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** As long as this process lives: the descriptor stays open. Does nothing where the file system has no such locks. */
function hold(path: string): void {
  const descriptor = openFile(path, O_RDWR);
  if (descriptor !== null) libc().fcntl_lock(descriptor, F_OFD_SETLK, lock(F_WRLCK));
}

function isHeld(path: string): boolean | null {
  const descriptor = openFile(path, 0);
  if (descriptor === null) return null;
  const found = lock(F_RDLCK);
  const result = libc().fcntl_lock(descriptor, F_OFD_GETLK, found);
  libc().close(descriptor);
  return result === 0 ? new DataView(found.buffer).getInt16(0, true) !== F_UNLCK : null;
}

function openFile(path: string, flags: number): number | null {
  if (!canFixPaths()) return null;
  const descriptor = libc().open(cString(path), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
  return descriptor < 0 ? null : descriptor;
}

/** A `struct flock` for the whole file. */
function lock(type: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setInt16(0, type, true);
  return bytes;
}
