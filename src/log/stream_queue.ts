/**
 * Log lines on their way to a standard stream. A reader that does not keep up (such as a stopped program at the end
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

/** When an exiting process stops waiting for the readers. */
const exitDeadlines = new WeakMap<Pick<System, "clock">, number>();

const encoder = new TextEncoder();
const newline = 0x0a;

export class StreamQueue {
  /** Called with the number of dropped lines, when lines are accepted again. */
  onDropped: ((lines: number) => void) | null = null;
  readonly #system: Pick<System, "host" | "clock">;
  readonly #stream: Stream;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #size = 0;
  #dropped = 0;
  #isScheduled = false;

  constructor(system: Pick<System, "host" | "clock" | "processes">, stream: Stream) {
    this.#system = system;
    this.#stream = stream;
    system.processes.onExit(() => this.#finish());
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

  #mustDrop(length: number): boolean {
    return this.#dropped > 0 ? this.#size > resumeSize : this.#size > 0 && this.#size + length > limit;
  }

  #reportDropped(): void {
    if (this.#dropped === 0 || this.onDropped === null) return;
    const lines = this.#dropped;
    this.#dropped = 0;
    this.onDropped(lines);
  }

  #add(bytes: Uint8Array<ArrayBuffer>): void {
    this.#waiting.push(bytes);
    this.#size += bytes.length;
  }

  /** False if the reader has not taken everything. */
  #drain(): boolean {
    const { host } = this.#system;
    let done = 0;
    try {
      for (let rest = this.#waiting[done]; rest !== undefined; rest = this.#waiting[done]) {
        const count = host.writeNow(this.#stream, rest);
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
      this.#drain();
      if (this.#size <= resumeSize) this.#reportDropped();
    });
  }

  /** The process exits: gives the reader a last chance to take what waits. */
  #finish(): void {
    const { host, clock } = this.#system;
    const deadline = exitDeadlines.get(this.#system) ?? clock.monotonic() + exitTimeout;
    exitDeadlines.set(this.#system, deadline);
    this.#reportDropped();
    while (!this.#drain()) {
      const left = deadline - clock.monotonic();
      if (left <= 0 || !host.awaitReader(this.#stream, left)) return;
    }
  }
}

const queues = new WeakMap<System, Partial<Record<Stream, StreamQueue>>>();

/** The only queue of this process for `stream`: all its lines share one limit and one order. */
export function streamQueue(system: System, stream: Stream): StreamQueue {
  let known = queues.get(system);
  if (known === undefined) queues.set(system, known = {});
  return known[stream] ??= new StreamQueue(system, stream);
}
