/**
 * Keeps log lines whole that a pipe takes only in parts. Master and workers write to the same standard streams: while one
 * of them is in the middle of a line, the others wait. It is a record lock (fcntl(2), F_SETLK) on the pipe or socket
 * itself: it belongs to a process, not to the open file description that they all inherit, as flock(2) does; it needs
 * no path and no rights; and the kernel releases it when its process dies.
 */

import { statThroughProc } from "./stat_through_proc.ts";
import { errorNumber, libc } from "../libc.ts";
import { EACCES, EAGAIN, F_SETLK, F_UNLCK, F_WRLCK } from "../linux_constants.ts";

/**
 * Milliseconds. A process that is stopped or blocked in the middle of a line must not silence the others: if there was
 * room for so long and it wrote nothing, they go on.
 */
const lineTimeout = 3_000;

const locks = new Map<string, LineLock>();

/** The only one of this process for what `descriptor` leads to: stdout and stderr may be the same pipe. */
export function lineLockOf(descriptor: number): LineLock {
  const { dev, ino } = statThroughProc(`/proc/self/fd/${descriptor}`);
  const key = `${dev}:${ino}`;
  let known = locks.get(key);
  if (known === undefined) locks.set(key, known = new LineLock());
  return known;
}

/** Call it after something may have closed a copy of a descriptor: with that, the kernel has released its lock. */
export function renewLineLocks(): void {
  for (const lock of locks.values()) lock.renew();
}

/** Writes to a stream through one of its descriptors. */
interface Writer {
  readonly descriptor: number;
}

export class LineLock {
  /** What has written a part of a line; `null` if this process is not in the middle of one. */
  #writer: Writer | null = null;
  #refusedSince: number | null = null;

  /** Whether another process was in the middle of a line at the last attempt. */
  get isElsewhere(): boolean {
    return this.#refusedSince !== null;
  }

  /** Whether `writer` may write now. It must call `leave` after that. */
  enter(writer: Writer): boolean {
    if (this.#writer !== null && this.#writer !== writer) return false;
    // Also in the middle of a line: the runtime may have closed a copy of the descriptor.
    if (lock(writer) || ![EACCES, EAGAIN].includes(errorNumber())) {
      this.#refusedSince = null;
      return true;
    }
    this.#refusedSince ??= performance.now();
    return performance.now() - this.#refusedSince >= lineTimeout;
  }

  /** The other process cannot finish its line, because there is no room for it. */
  restartTimeout(): void {
    this.#refusedSince = performance.now();
  }

  /** `isInLine` is whether only a part of a line has been written: then no other may write before the rest. */
  leave(writer: Writer, isInLine: boolean): void {
    this.#writer = isInLine ? writer : null;
    if (!isInLine) libc().fcntl_lock(writer.descriptor, F_SETLK, unlocked);
  }

  /** Whether `writer` is in the middle of a line. */
  isHeldBy(writer: Writer): boolean {
    return this.#writer === writer;
  }

  /** See `renewLineLocks`. */
  renew(): void {
    if (this.#writer !== null) lock(this.#writer);
  }
}

function lock({ descriptor }: Writer): boolean {
  return libc().fcntl_lock(descriptor, F_SETLK, locked) === 0;
}

/** A `struct flock` for all of it. */
function record(type: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setInt16(0, type, true);
  return bytes;
}

const locked = record(F_WRLCK);
const unlocked = record(F_UNLCK);
