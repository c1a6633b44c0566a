/**
 * Writes to standard streams without ever waiting for their reader. O_NONBLOCK cannot be used for this: the flag
 * belongs to the open file description, which other programs on the same terminal or pipe share. Only a terminal can
 * be opened again, to get a separate description.
 */

import { statThroughProc } from "./stat_through_proc.ts";
import { addressOf, cString, errorNumber, lastError, libc } from "../libc.ts";
import {
  EAGAIN,
  EINTR,
  ENOSYS,
  EOPNOTSUPP,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  O_CLOEXEC,
  O_NOCTTY,
  O_NONBLOCK,
  O_WRONLY,
} from "../linux_constants.ts";
import { type LineLock, lineLockOf } from "./line_lock.ts";

const RWF_NOWAIT = 8;
const POLLOUT = 4;

/**
 * PIPE_BUF: a pipe takes that many bytes at once or none of them, and without waiting if poll(2) says that it is
 * writable and no other process writes first.
 */
const pipeBuffer = 4_096;
const newline = 0x0a;

/** How to write to a descriptor without waiting. */
export type Way = "socket" | "pipe" | "terminal" | "polled";

export interface Outlet {
  readonly descriptor: number;
  readonly way: Way;
  readonly lock: LineLock;
}

/** Milliseconds between two looks whether another process has finished its line. */
const lockInterval = 10;

/** `null` for a file or a device: writing to those does not wait for a reader. Throws without /proc. */
export function outletOf(descriptor: number, isTerminal: boolean): Outlet | null {
  const path = `/proc/self/fd/${descriptor}`;
  const { isFifo, isSocket } = statThroughProc(path);
  if (isSocket || isFifo) return outlet(descriptor, isSocket ? "socket" : "pipe");
  if (!isTerminal) return null;
  // If poll(2) says that a terminal is writable, that may be for one byte; writing more can wait.
  const own = libc().open(cString(path), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);
  // Opening fails if it belongs to another user, such as the one who ran `su`.
  return own < 0 ? outlet(descriptor, "polled") : outlet(own, "terminal");
}

export function outlet(descriptor: number, way: Way): Outlet {
  return { descriptor, way, lock: lineLockOf(descriptor) };
}

/** Returns how many bytes were written, 0 if the reader does not keep up. Throws if there is no reader any more. */
export function writeNow(outlet: Outlet, bytes: Uint8Array<ArrayBuffer>): number {
  const { lock } = outlet;
  const wasInLine = lock.isHeldBy(outlet);
  if (!lock.enter(outlet)) {
    if (lock.isElsewhere && !isWritable(outlet.descriptor, 0)) lock.restartTimeout();
    return 0;
  }
  const piece = wholeLines(bytes);
  let isInLine = false;
  try {
    const count = writePiece(outlet, piece);
    isInLine = count < piece.length && (wasInLine || count > 0);
    return count;
  } finally {
    lock.leave(outlet, isInLine);
  }
}

function writePiece(
  { descriptor, way }: Pick<Outlet, "descriptor" | "way">,
  piece: Uint8Array<ArrayBuffer>,
): number {
  switch (way) {
    case "socket":
      return written(
        libc().send(descriptor, piece, BigInt(piece.length), MSG_DONTWAIT | MSG_NOSIGNAL),
        "send",
      );
    case "pipe":
      return writeToPipe(descriptor, piece);
    case "terminal":
      return written(libc().write(descriptor, piece, BigInt(piece.length)), "write");
    case "polled":
      if (!isWritable(descriptor, 0)) return 0;
      return written(libc().write(descriptor, piece, BigInt(Math.min(piece.length, pipeBuffer))), "write");
  }
}

/**
 * As many lines as can be written at once or not at all. Master and workers write to the same stream: between two
 * parts of a line there could be a line of another program. Only a line longer than PIPE_BUF is written in parts, and
 * then the lock keeps master and workers out.
 */
function wholeLines(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length <= pipeBuffer) return bytes;
  const end = bytes.lastIndexOf(newline, pipeBuffer - 1);
  return bytes.subarray(0, (end < 0 ? bytes.indexOf(newline) : end) + 1 || bytes.length);
}

/** Blocks this process until there is a point in writing again; false after `ms`. */
export function awaitReader({ descriptor, lock }: Outlet, ms: number): boolean {
  if (!isWritable(descriptor, ms)) return false;
  if (lock.isElsewhere) libc().poll(new Uint8Array(8), 0n, Math.ceil(Math.min(ms, lockInterval)));
  return true;
}

/** Blocks this process until the stream has room; false after `ms`. */
function isWritable(descriptor: number, ms: number): boolean {
  const poll = new DataView(new ArrayBuffer(8));
  poll.setInt32(0, descriptor, true);
  poll.setInt16(4, POLLOUT, true);
  const end = performance.now() + ms;
  for (let left = ms;; left = Math.max(0, end - performance.now())) {
    // The call throws for a fraction of a millisecond.
    const found = libc().poll(new Uint8Array(poll.buffer), 1n, Math.ceil(left));
    // A signal ends it early.
    if (found >= 0 || errorNumber() !== EINTR) return found > 0;
  }
}

/** Pipes support RWF_NOWAIT since Linux 6.4. */
function writeToPipe(descriptor: number, bytes: Uint8Array<ArrayBuffer>): number {
  const piece = new BigUint64Array(2);
  piece[0] = addressOf(bytes);
  piece[1] = BigInt(bytes.length);
  const count = libc().pwritev2(descriptor, piece, 1, -1n, RWF_NOWAIT);
  if (count >= 0n || ![EOPNOTSUPP, ENOSYS].includes(errorNumber())) return written(count, "pwritev2");
  return writePiece({ descriptor, way: "polled" }, bytes);
}

function written(count: number | bigint, call: string): number {
  if (count >= 0) return Number(count);
  if ([EAGAIN, EINTR].includes(errorNumber())) return 0;
  throw lastError(call);
}
