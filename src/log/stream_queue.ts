/**
 * Log lines on their way to a standard stream or to a FIFO. A reader that does not keep up (such as a stopped program at the end
 * of a full pipe) must not block the writer: lines that it does not take now wait here, and beyond a limit they are
 * dropped and counted. As long as the reader keeps up, lines are written at once.
 */

import type { Stream, System } from "../system/system.ts";

/** In bytes. A busy worker writes 1 MB of access log per second. */
const limit = 1_048_576;

/** After lines were dropped, the queue must shrink to this size before it takes more: one gap instead of a hundred. */
const resumeSize = limit / 2;

/** Milliseconds between two attempts. */
const retryInterval = 50;

/** How long a process that exits waits for the readers of all its streams together, in milliseconds. */
const exitTimeout = 1_000;

/** All that are in use, per process. */
const inUse = new WeakMap<Pick<System, "clock">, Set<StreamQueue>>();

/** When an exiting process stops waiting for the readers. */
const exitDeadlines = new WeakMap<Pick<System, "clock">, number>();

const encoder = new TextEncoder();
const newline = 0x0a;

type DroppedLines = (lines: number, reader: string) => void;

const reports = new WeakMap<Pick<System, "clock">, DroppedLines>();

/**
 * From now on `report` is called with the number of dropped lines, when lines are accepted again; also for those that
 * were dropped before.
 */
export function reportDroppedLines(system: System, report: DroppedLines): void {
  reports.set(system, report);
  for (const queue of inUse.get(system) ?? []) queue.reportIfAccepting();
}

/** What the lines are written to, see `Host.writeNow`. */
interface Reader {
  /** For messages. */
  readonly name: string;
  writeNow(bytes: Uint8Array<ArrayBuffer>): number;
  awaitReader(ms: number): boolean;
  close(): void;
}

export class StreamQueue {
  readonly #system: Pick<System, "clock">;
  readonly #reader: Reader;
  readonly #forgetExit: () => void;
  readonly #others: Set<StreamQueue>;
  #isClosed = false;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #size = 0;
  #dropped = 0;
  #isScheduled = false;

  constructor(system: Pick<System, "clock" | "processes">, reader: Reader) {
    this.#system = system;
    this.#reader = reader;
    this.#forgetExit = system.processes.onExit(() => this.#finish());
    const others = inUse.get(system) ?? new Set();
    inUse.set(system, others.add(this));
    this.#others = others;
  }

  write(text: string): void {
    const bytes = encoder.encode(text);
    if (this.#mustDrop(bytes.length)) {
      this.#dropped += bytes.reduce((lines, byte) => byte === newline ? lines + 1 : lines, 0);
      return;
    }
    this.#reportDropped();
    this.#add(bytes);
    if (this.#waiting.length === 1) this.#drain();
  }

  reportIfAccepting(): void {
    if (this.#size <= resumeSize) this.#reportDropped();
  }

  /** What still waits is written before the end is closed. */
  close(): void {
    this.#isClosed = true;
    if (this.#drain()) this.#release();
  }

  #release(): void {
    this.#forgetExit();
    this.#others.delete(this);
    this.#reader.close();
  }

  #mustDrop(length: number): boolean {
    return this.#dropped > 0 ? this.#size > resumeSize : this.#size > 0 && this.#size + length > limit;
  }

  #reportDropped(): void {
    const report = reports.get(this.#system);
    if (this.#dropped === 0 || report === undefined) return;
    const lines = this.#dropped;
    this.#dropped = 0;
    report(lines, this.#reader.name);
  }

  #add(bytes: Uint8Array<ArrayBuffer>): void {
    this.#waiting.push(bytes);
    this.#size += bytes.length;
  }

  /** False if the reader has not taken everything. */
  #drain(): boolean {
    let done = 0;
    try {
      for (let rest = this.#waiting[done]; rest !== undefined; rest = this.#waiting[done]) {
        const count = this.#reader.writeNow(rest);
        this.#size -= count;
        if (count === rest.length) done++;
        else if (count > 0) this.#waiting[done] = rest.subarray(count);
        else break;
      }
    } catch {
      // The reader is gone (a closed pipe): a server does not stop serving because of that.
      done = this.#waiting.length;
      this.#size = 0;
    }
    this.#waiting.splice(0, done);
    if (this.#waiting.length > 0) this.#schedule();
    return this.#waiting.length === 0;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#system.clock.after(retryInterval, () => {
      this.#isScheduled = false;
      if (this.#drain() && this.#isClosed) return this.#release();
      this.reportIfAccepting();
    });
  }

  /** The process exits: gives the reader a last chance to take what waits. */
  #finish(): void {
    const { clock } = this.#system;
    const deadline = exitDeadlines.get(this.#system) ?? clock.monotonic() + exitTimeout;
    exitDeadlines.set(this.#system, deadline);
    this.#reportDropped();
    while (!this.#drain()) {
      const left = deadline - clock.monotonic();
      if (left <= 0 || !this.#reader.awaitReader(left)) return;
      // Another one may be in the middle of a line on the same pipe.
      for (const other of this.#others) if (other !== this) other.#drain();
    }
  }
}

const queues = new WeakMap<System, Partial<Record<Stream, StreamQueue>>>();

/** The only queue of this process for `stream`: all its lines share one limit and one order. */
export function streamQueue(system: System, stream: Stream): StreamQueue {
  let known = queues.get(system);
  if (known === undefined) queues.set(system, known = {});
  const { host } = system;
  return known[stream] ??= new StreamQueue(system, {
    name: stream,
    writeNow: (bytes) => host.writeNow(stream, bytes),
    awaitReader: (ms) => host.awaitReader(stream, ms),
    close: () => {},
  });
}
