/** Memory that several processes map. The others inherit a descriptor for it from the one that created it. Linux only. */

import { cString, errorNumber, lastError, libc, systemError } from "./libc.ts";
import {
  EINVAL,
  F_ADD_SEALS,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
  MFD_NOEXEC_SEAL,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDWR,
} from "./linux_constants.ts";
import type { SharedBlock, SharedMemory } from "./system.ts";

const LOCK_EX_NB = 2 | 4;
const SEEK_END = 2;
const PROT_READ_WRITE = 1 | 2;
const MAP_SHARED = 1;
const failed = 0xffff_ffff_ffff_ffffn;

/** No process may change the size, nor the seals: F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW. */
const seals = 1 | 2 | 4;

export const sharedMemory: SharedMemory = {
  createSealed(size) {
    const name = cString("denicorn-scoreboard");
    const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    let fd = libc().memfd_create(name, flags | MFD_NOEXEC_SEAL);
    // Before Linux 6.3; from then on the administrator can refuse memory that could be executed (vm.memfd_noexec).
    if (fd < 0 && errorNumber() === EINVAL) fd = libc().memfd_create(name, flags);
    if (fd < 0) throw lastError("memfd_create");
    return allocated(fd, size, "memfd_create", () => {
      if (libc().fcntl(fd, F_ADD_SEALS, seals) !== 0) throw lastError("fcntl F_ADD_SEALS");
    });
  },

  createUnnamed(directory, size) {
    // The name of an older version: if this process is killed before it removes the file, a later start does.
    const path = `${directory}/denicorn-${crypto.randomUUID().slice(0, 16)}`;
    const fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0o600);
    try {
      return allocated(fd, size, path, () => {
        if (libc().flock(fd, LOCK_EX_NB) !== 0) throw lastError(`flock ${path}`);
      });
    } finally {
      Deno.removeSync(path);
    }
  },

  adopt(descriptor) {
    try {
      const size = Number(libc().lseek(descriptor, 0n, SEEK_END));
      if (size <= 0) throw new Error(`descriptor ${descriptor} is not a file with content`);
      return map(descriptor, size);
    } finally {
      libc().close(descriptor);
    }
  },

  isAbandoned(path) {
    let fd;
    try {
      // The owner of a file could let `open` wait for as long as fcntl(2) lets it keep a lease.
      fd = open(path, O_RDWR | O_NONBLOCK, 0);
    } catch {
      return false;
    }
    const locked = libc().flock(fd, LOCK_EX_NB) === 0;
    libc().close(fd);
    return locked;
  },
};

/** Gives the new file its size, finishes it with `finish`, and maps it. Closes `fd` if that fails. */
function allocated(fd: number, size: number, name: string, finish: () => void): SharedBlock {
  try {
    // Not ftruncate: if the file system is full, writing to a page would then kill the process (SIGBUS).
    const errno = libc().posix_fallocate(fd, 0n, BigInt(size));
    if (errno !== 0) throw systemError(`posix_fallocate ${name}`, errno);
    finish();
    return { buffer: map(fd, size), descriptor: fd };
  } catch (error) {
    libc().close(fd);
    throw error;
  }
}

function open(path: string, flags: number, mode: number): number {
  const fd = libc().open(cString(path), flags | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd < 0) throw lastError(`open ${path}`);
  return fd;
}

function map(fd: number, size: number): ArrayBuffer {
  const address = libc().mmap(null, BigInt(size), PROT_READ_WRITE, MAP_SHARED, fd, 0n);
  if (address === null || Deno.UnsafePointer.value(address) === failed) throw lastError("mmap");
  return Deno.UnsafePointerView.getArrayBuffer(address, size);
}
