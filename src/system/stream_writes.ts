/**
 * Writes to standard streams that never wait for whoever reads them. O_NONBLOCK is no way to it: the flag belongs
 * to the open file description, which a terminal or a pipe shares with the programs beside this one. Only a terminal
 * can be opened anew, for a description of our own. Constants as on Linux.
 */

import { cString, errorNumber, lastError, libc } from "./libc.ts";

const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const RWF_NOWAIT = 8;
const O_WRONLY = 1;
const O_NOCTTY = 0o400;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const POLLOUT = 4;
const EAGAIN = 11;
const EINTR = 4;
const EOPNOTSUPP = 95;
const ENOSYS = 38;

/**
 * So much goes into a pipe whole or not at all (PIPE_BUF), and without waiting when poll(2) calls it writable and
 * nobody else is faster.
 */
const whole = 4_096;
const newline = 0x0a;

/** How a descriptor is written to without waiting. */
export type Way = "socket" | "pipe" | "terminal" | "polled";

export interface Outlet {
  readonly descriptor: number;
  readonly way: Way;
}

/** `null` for a file or a device that never makes anybody wait for long. Throws where there is no /proc. */
export function outletOf(descriptor: number, isTerminal: boolean): Outlet | null {
  const path = `/proc/self/fd/${descriptor}`;
  const { isFifo, isSocket } = Deno.statSync(path);
  if (isSocket || isFifo) return { descriptor, way: isSocket ? "socket" : "pipe" };
  if (!isTerminal) return null;
  // A terminal that poll(2) calls writable takes as little as a byte, and waits to be read for the others.
  const own = libc().open(cString(path), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);
  // It may belong to another user, such as the one who started this program by `su`.
  return own < 0 ? { descriptor, way: "polled" } : { descriptor: own, way: "terminal" };
}

/** Gives how many bytes were taken, 0 where the reader does not keep up. Throws when nobody reads any more. */
export function writeNow({ descriptor, way }: Outlet, bytes: Uint8Array<ArrayBuffer>): number {
  const piece = wholeLines(bytes);
  switch (way) {
    case "socket":
      return taken(libc().send(descriptor, piece, BigInt(piece.length), MSG_DONTWAIT | MSG_NOSIGNAL), "send");
    case "pipe":
      return writeToPipe(descriptor, piece);
    case "terminal":
      return taken(libc().write(descriptor, piece, BigInt(piece.length)), "write");
    case "polled":
      if (!isWritable(descriptor, 0)) return 0;
      return taken(libc().write(descriptor, piece, BigInt(Math.min(piece.length, whole))), "write");
  }
}

/**
 * As many lines as are taken whole or not at all. Master and workers write to the same stream: what is taken in part
 * continues behind a line of theirs. Only a line that is longer than that can be taken in part.
 */
function wholeLines(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length <= whole) return bytes;
  const end = bytes.lastIndexOf(newline, whole - 1);
  return bytes.subarray(0, (end < 0 ? bytes.indexOf(newline) : end) + 1 || bytes.length);
}

/** Waits, and with it this whole process, until the reader takes more; false after `ms`. */
export function isWritable(descriptor: number, ms: number): boolean {
  const poll = new DataView(new ArrayBuffer(8));
  poll.setInt32(0, descriptor, true);
  poll.setInt16(4, POLLOUT, true);
  // The call takes whole milliseconds, and throws where it gets others.
  return libc().poll(new Uint8Array(poll.buffer), 1n, Math.ceil(ms)) > 0;
}

/** Pipes take RWF_NOWAIT since Linux 6.4. */
function writeToPipe(descriptor: number, bytes: Uint8Array<ArrayBuffer>): number {
  const piece = new BigUint64Array(2);
  piece[0] = Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
  piece[1] = BigInt(bytes.length);
  const count = libc().pwritev2(descriptor, piece, 1, -1n, RWF_NOWAIT);
  if (count >= 0n || ![EOPNOTSUPP, ENOSYS].includes(errorNumber())) return taken(count, "pwritev2");
  return writeNow({ descriptor, way: "polled" }, bytes);
}

function taken(count: number | bigint, call: string): number {
  if (count >= 0) return Number(count);
  if ([EAGAIN, EINTR].includes(errorNumber())) return 0;
  throw lastError(call);
}
