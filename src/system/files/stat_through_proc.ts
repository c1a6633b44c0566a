/**
 * What is known of files that are named through /proc/self/fd. The runtime says nothing about these once a permission has
 * been given up, whichever it was; then the C library does. Linux only.
 */

import { cString, errorNumber, libc, systemError } from "../libc.ts";
import { ENOENT, O_CLOEXEC } from "../linux_constants.ts";

/** The part of a `Deno.FileInfo` that is used of such files. */
export type FileFacts = Pick<
  Deno.FileInfo,
  | "isFile"
  | "isDirectory"
  | "isSymlink"
  | "isFifo"
  | "isSocket"
  | "isBlockDevice"
  | "mode"
  | "uid"
  | "nlink"
  | "size"
  | "dev"
  | "ino"
>;

// statx(2): the same structure on all architectures
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const STATX_BASIC_STATS = 0x7ff;
const offsets = { links: 16, uid: 20, mode: 28, inode: 32, size: 40, devices: 136 } as const;

const typeMask = 0o170000;
const types = {
  isFifo: 0o010000,
  isDirectory: 0o040000,
  isBlockDevice: 0o060000,
  isFile: 0o100000,
  isSocket: 0o140000,
};
const link = 0o120000;

const bufferSize = 4_096;

export function statThroughProc(path: string): FileFacts {
  return orByCall(() => Deno.statSync(path), () => factsOf(path, 0));
}

export function lstatThroughProc(path: string): FileFacts {
  return orByCall(() => Deno.lstatSync(path), () => factsOf(path, AT_SYMLINK_NOFOLLOW));
}

export function readLinkThroughProc(path: string): string {
  return orByCall(() => Deno.readLinkSync(path), () => {
    const bytes = new Uint8Array(bufferSize);
    const length = Number(libc().readlink(cString(path), bytes, BigInt(bytes.length)));
    if (length < 0) throw systemError("readlink", errorNumber());
    return new TextDecoder().decode(bytes.subarray(0, length));
  });
}

/** Of a file that the kernel makes when it is read. */
export function readTextThroughProc(path: string): string {
  return orByCall(() => Deno.readTextFileSync(path), () => {
    const descriptor = libc().open(cString(path), O_CLOEXEC, 0);
    if (descriptor < 0) throw systemError("open", errorNumber());
    try {
      return textOf(descriptor);
    } finally {
      libc().close(descriptor);
    }
  });
}

function textOf(descriptor: number): string {
  const decoder = new TextDecoder();
  const bytes = new Uint8Array(bufferSize);
  let text = "";
  for (;;) {
    const length = Number(libc().read(descriptor, bytes, BigInt(bytes.length)));
    if (length < 0) throw systemError("read", errorNumber());
    if (length === 0) return text;
    text += decoder.decode(bytes.subarray(0, length), { stream: true });
  }
}

function orByCall<Result>(byRuntime: () => Result, byCall: () => Result): Result {
  try {
    return byRuntime();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    return byCall();
  }
}

function factsOf(path: string, flags: number): FileFacts {
  const facts = new Uint8Array(256);
  if (libc().statx(AT_FDCWD, cString(path), flags, STATX_BASIC_STATS, facts) !== 0) {
    const errno = errorNumber();
    const { message } = systemError("stat", errno);
    throw errno === ENOENT ? new Deno.errors.NotFound(message) : new Error(message);
  }
  const view = new DataView(facts.buffer);
  const mode = view.getUint16(offsets.mode, true);
  const is = (type: number) => (mode & typeMask) === type;
  return {
    isFile: is(types.isFile),
    isDirectory: is(types.isDirectory),
    isSymlink: is(link),
    isFifo: is(types.isFifo),
    isSocket: is(types.isSocket),
    isBlockDevice: is(types.isBlockDevice),
    mode,
    uid: view.getUint32(offsets.uid, true),
    nlink: view.getUint32(offsets.links, true),
    size: Number(view.getBigUint64(offsets.size, true)),
    dev: deviceNumber(view.getUint32(offsets.devices, true), view.getUint32(offsets.devices + 4, true)),
    ino: Number(view.getBigUint64(offsets.inode, true)),
  };
}

/** As the runtime has it: makedev(3), of the numbers that there are. */
function deviceNumber(major: number, minor: number): number {
  return (major & 0xfff) << 8 | minor & 0xff | (minor & ~0xff) << 12;
}
