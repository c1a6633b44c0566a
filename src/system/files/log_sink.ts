/**
 * Opens what log lines are written to. As root, a log directory may belong to the account that workers run as: whatever
 * that account puts there, root then opens no more than the account could open itself.
 */

import { type FileFacts, statThroughProc } from "./stat_through_proc.ts";
import { ownUid } from "../host/own_uid.ts";
import { withRightsOf } from "../processes/borrowed_rights.ts";
import { changeOwnerOfEntry, cString, errorNumber, lastError, libc, systemError } from "../libc.ts";
import {
  EACCES,
  EEXIST,
  EINTR,
  ENXIO,
  EPERM,
  F_GETFD,
  F_GETFL,
  FD_CLOEXEC,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDWR,
  O_WRONLY,
} from "../linux_constants.ts";
import { canFixPaths, findPlace, ForeignLink, type Place } from "./safe_path.ts";
import { awaitReader, type Outlet, outlet, outletOf, writeNow } from "./stream_writes.ts";
import type { Identity, LogSink, Stream } from "../system.ts";

/** Without O_NONBLOCK, opening a FIFO waits for a reader. It has no effect on the writes to a file. */
const appending = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

const accessMode = 3;
const mode = 0o644;

const streams: Readonly<Record<number, Stream>> = { 1: "stdout", 2: "stderr" };

/** `account` is what workers run as. Throws if the path leads to what another user may have put there. */
export function openLogSink(path: string, account: Identity): LogSink {
  if (!canFixPaths()) return openPlainly(path, account);
  const isOther = ownUid() === 0 && account.uid !== undefined && account.uid !== 0;
  const place = placeOf(path, isOther);
  if (place?.is === "descriptor") return inheritedSink(place.descriptor);
  try {
    if (place === null) return sinkOf(openFor(account, path));
    if (place.isTrusted || !isOther) return sinkOf(openIn(place, account));
    return sinkOf(openFor(account, path, place));
  } finally {
    place?.close();
  }
}

/** `null` for a path through a link of another user that the account may follow itself. */
function placeOf(path: string, isOther: boolean): ReturnType<typeof findPlace> | null {
  try {
    return findPlace(path);
  } catch (error) {
    if (isOther && error instanceof ForeignLink) return null;
    throw error;
  }
}

/** Opens the file with the rights of this process, and gives it to the account. */
function openIn(place: Place, account: Identity): number {
  const path = `${place.directory}/${place.name}`;
  const descriptor = openAs(path, O_CREAT | O_NOFOLLOW);
  return checked(descriptor, () => {
    const found = statOf(descriptor);
    if (!place.isTrusted) requireOwn(found, place, account);
    if (found.isFile) giveTo(account, descriptor);
  });
}

/** Opens the file with the rights of the account. Where that one may not create files, root creates it, without links. */
function openFor(account: Identity, path: string, place?: Place): number {
  const { result, errno } = withRightsOf(account, () => open(path, appending | O_CREAT));
  if (result >= 0) return checked(result, () => void statOf(result));
  if (errno === ENXIO) return openPipe(path, (flags) => withRightsOf(account, () => open(path, flags)));
  if (place === undefined || ![EACCES, EPERM].includes(errno)) throw systemError("open", errno);
  const created = open(`${place.directory}/${place.name}`, appending | O_CREAT | O_EXCL);
  if (created >= 0) return checked(created, () => giveTo(account, created));
  if (errorNumber() !== EEXIST) throw systemError("open", errorNumber());
  throw new Error(`user ${account.uid}, which workers run as, may not write to it`);
}

function openAs(path: string, flags: number): number {
  const result = open(path, appending | flags);
  if (result >= 0) return result;
  const errno = errorNumber();
  if (errno !== ENXIO) throw systemError("open", errno);
  return openPipe(path, (more) => ({ result: open(path, more | O_NOFOLLOW), errno: errorNumber() }));
}

/** A FIFO that nothing reads at the moment. Opened for reading as well, it also outlives its readers. */
function openPipe(path: string, open: (flags: number) => { result: number; errno: number }): number {
  if (!statThroughProc(path).isFifo) throw new Error("it is a socket");
  const { result, errno } = open(O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (result < 0) throw systemError("open", errno);
  return result;
}

function open(path: string, flags: number): number {
  return libc().open(cString(path), flags, mode);
}

function statOf(descriptor: number): FileFacts {
  const found = statThroughProc(`/proc/self/fd/${descriptor}`);
  if (found.isBlockDevice) throw new Error("it is a disk");
  return found;
}

/** Another user who may write to the directory may have given another file this name too, or put its own file there. */
function requireOwn({ isFile, nlink, uid }: FileFacts, { isPublic }: Place, account: Identity): void {
  if (isFile && nlink !== 1) throw new Error("the file has another name, too");
  const isOurs = uid === 0 || uid === ownUid() || uid === account.uid;
  if (isPublic && !isOurs) throw new Error(`it belongs to user ${uid}, in a directory that all may write to`);
}

function giveTo({ uid, gid }: Identity, descriptor: number): void {
  if (uid === undefined && gid === undefined) return;
  if (libc().fchown(descriptor, uid ?? unchanged, gid ?? unchanged) !== 0) throw lastError("fchown");
}

/** As an id: do not change it. */
const unchanged = 0xffff_ffff;

function checked(descriptor: number, check: () => void): number {
  try {
    check();
    return descriptor;
  } catch (error) {
    libc().close(descriptor);
    throw error;
  }
}

function sinkOf(descriptor: number): LogSink {
  const close = (descriptor: number) => () => void libc().close(descriptor);
  const { isFifo } = statThroughProc(`/proc/self/fd/${descriptor}`);
  if (isFifo) {
    const lasting = open(`/proc/self/fd/${descriptor}`, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (lasting >= 0) libc().close(descriptor);
    const own = lasting >= 0 ? lasting : descriptor;
    return readerSink(outlet(own, "terminal"), close(own));
  }
  if (isTerminal(descriptor)) return readerSink(outlet(descriptor, "terminal"), close(descriptor));
  return fileSink(descriptor, close(descriptor));
}

/** A descriptor that the program was started with: opening its path would fail for a socket, or under another user. */
function inheritedSink(descriptor: number): LogSink {
  const stream = streams[descriptor];
  if (stream !== undefined) return { is: "stream", stream };
  const flags = libc().fcntl(descriptor, F_GETFD, 0);
  // The runtime's own descriptors are closed in new processes; those it was started with are not.
  if (flags < 0 || (flags & FD_CLOEXEC) !== 0) {
    throw new Error(`the program was started without descriptor ${descriptor}`);
  }
  if ((libc().fcntl(descriptor, F_GETFL, 0) & accessMode) === 0) {
    throw new Error("it is open only for reading");
  }
  const reader = outletOf(descriptor, isTerminal(descriptor));
  return reader === null ? fileSink(descriptor, () => {}) : readerSink(reader, () => {});
}

function fileSink(descriptor: number, close: () => void): LogSink {
  const write = (bytes: Uint8Array<ArrayBuffer>) => {
    const count = Number(libc().write(descriptor, bytes, BigInt(bytes.length)));
    if (count >= 0) return count;
    if (errorNumber() === EINTR) return 0;
    throw lastError("write");
  };
  return { is: "file", write, close };
}

function readerSink(reader: Outlet, close: () => void): LogSink {
  return {
    is: "reader",
    writeNow: (bytes) => writeNow(reader, bytes),
    awaitReader: (ms) => awaitReader(reader, ms),
    close,
  };
}

function isTerminal(descriptor: number): boolean {
  return libc().isatty(descriptor) === 1;
}

/** Where files cannot be named through open directories. */
function openPlainly(path: string, { uid, gid }: Identity): LogSink {
  if (isFifo(path)) throw new Error("it is a FIFO, which needs Linux and all permissions of the runtime");
  const file = Deno.openSync(path, { append: true, create: true, mode });
  if ((uid !== undefined || gid !== undefined) && Deno.lstatSync(path).isFile) {
    changeOwnerOfEntry(path, uid ?? null, gid ?? null);
  }
  return { is: "file", write: (bytes) => file.writeSync(bytes), close: () => file.close() };
}

function isFifo(path: string): boolean {
  try {
    return Deno.statSync(path).isFifo ?? false;
  } catch {
    return false;
  }
}
