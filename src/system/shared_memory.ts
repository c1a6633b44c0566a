/** A file mapped into memory, so that several processes can read and write the same bytes. Linux only. */

import { cString, lastError, libc, systemError } from "./libc.ts";
import type { SharedMemory } from "./system.ts";

const O_RDWR = 0o2;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
/** Another user may have planted a link. */
const O_NOFOLLOW = 0o400000;
const O_CLOEXEC = 0o2000000;
const LOCK_EX_NB = 2 | 4;
const PROT_READ_WRITE = 1 | 2;
const MAP_SHARED = 1;
const failed = 0xffff_ffff_ffff_ffffn;

export const sharedMemory: SharedMemory = {
  create(path, size) {
    const fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0o600);
    try {
      if (libc().flock(fd, LOCK_EX_NB) !== 0) throw lastError(`flock ${path}`);
      // Not ftruncate: if the file system is full, writing to a page would then kill the process (SIGBUS).
      const errno = libc().posix_fallocate(fd, 0n, BigInt(size));
      if (errno !== 0) throw systemError(`posix_fallocate ${path}`, errno);
      // The descriptor, and with it the lock, stays open for as long as this process lives.
      return map(fd, path, size);
    } catch (error) {
      libc().close(fd);
      Deno.removeSync(path);
      throw error;
    }
  },

  map(path, owner) {
    const fd = open(path, O_RDWR, 0);
    try {
      // Checks the opened file: the path may name another one by now.
      const { size, uid, isFile } = Deno.statSync(`/proc/self/fd/${fd}`);
      if (!isFile || uid !== owner) throw new Error(`open ${path}: not a file of user ${owner}`);
      return map(fd, path, size);
    } finally {
      libc().close(fd);
    }
  },

  isAbandoned(path) {
    let fd;
    try {
      fd = open(path, O_RDWR, 0);
    } catch {
      return false;
    }
    const locked = libc().flock(fd, LOCK_EX_NB) === 0;
    libc().close(fd);
    return locked;
  },
};

function open(path: string, flags: number, mode: number): number {
  const fd = libc().open(cString(path), flags | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd < 0) throw lastError(`open ${path}`);
  return fd;
}

function map(fd: number, path: string, size: number): ArrayBuffer {
  const address = libc().mmap(null, BigInt(size), PROT_READ_WRITE, MAP_SHARED, fd, 0n);
  if (address === null || Deno.UnsafePointer.value(address) === failed) throw lastError(`mmap ${path}`);
  return Deno.UnsafePointerView.getArrayBuffer(address, size);
}
