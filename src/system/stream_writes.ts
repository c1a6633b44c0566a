/**
 * Writes to standard streams that never wait for whoever reads them. O_NONBLOCK is no way to it: the flag belongs
 * to the open file description, which a terminal or a pipe shares with the programs beside this one. Constants as
 * on Linux.
 */

import { errorNumber, lastError, libc } from "./libc.ts";

const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const RWF_NOWAIT = 8;
const POLLOUT = 4;
const EAGAIN = 11;
const EINTR = 4;
const EOPNOTSUPP = 95;
const ENOSYS = 38;

/** A pipe that poll(2) calls writable takes so much without waiting (PIPE_BUF), if nobody else is faster. */
const surelyTaken = 4_096;

/** How a descriptor is written to without waiting. */
export type Way = "socket" | "pipe" | "polled";

/** `null` for a file or a device that never makes anybody wait for long. Throws where there is no /proc. */
export function wayOf(descriptor: number, isTerminal: boolean): Way | null {
  const { isFifo, isSocket } = Deno.statSync(`/proc/self/fd/${descriptor}`);
  return isSocket ? "socket" : isFifo ? "pipe" : isTerminal ? "polled" : null;
}

/** Gives how many bytes were taken, 0 where the reader does not keep up. Throws when nobody reads any more. */
export function writeNow(descriptor: number, way: Way, bytes: Uint8Array<ArrayBuffer>): number {
  switch (way) {
    case "socket":
      return taken(libc().send(descriptor, bytes, BigInt(bytes.length), MSG_DONTWAIT | MSG_NOSIGNAL), "send");
    case "pipe":
      return writeToPipe(descriptor, bytes);
    case "polled":
      if (!isWritable(descriptor, 0)) return 0;
      return taken(libc().write(descriptor, bytes, BigInt(Math.min(bytes.length, surelyTaken))), "write");
  }
}

/** Waits, and with it this whole process, until the reader takes more; false after `ms`. */
export function isWritable(descriptor: number, ms: number): boolean {
  const poll = new DataView(new ArrayBuffer(8));
  poll.setInt32(0, descriptor, true);
  poll.setInt16(4, POLLOUT, true);
  return libc().poll(new Uint8Array(poll.buffer), 1n, ms) > 0;
}

/** Pipes take RWF_NOWAIT since Linux 6.4. */
function writeToPipe(descriptor: number, bytes: Uint8Array<ArrayBuffer>): number {
  const piece = new BigUint64Array(2);
  piece[0] = Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
  piece[1] = BigInt(bytes.length);
  const count = libc().pwritev2(descriptor, piece, 1, -1n, RWF_NOWAIT);
  if (count >= 0n || ![EOPNOTSUPP, ENOSYS].includes(errorNumber())) return taken(count, "pwritev2");
  return writeNow(descriptor, "polled", bytes);
}

function taken(count: number | bigint, call: string): number {
  if (count >= 0) return Number(count);
  if ([EAGAIN, EINTR].includes(errorNumber())) return 0;
  throw lastError(call);
}
