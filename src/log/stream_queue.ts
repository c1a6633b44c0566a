/**
 * Log lines on their way to a standard stream. A reader that does not keep up, such as a stopped program behind a
 * full pipe, must not hold up who writes: what it does not take now waits here, and beyond a limit is dropped and
 * counted. As long as it keeps up, lines are written at once and one after the other.
 */

import type { Stream, System } from "../system/system.ts";

/** In bytes. A busy worker writes 1 MB of access log in a second. */
const most = 1_048_576;

/** Once something was dropped, so much must have been taken before more is accepted: one gap, not a hundred. */
const acceptAgain = most / 2;

/** Milliseconds between two attempts. */
const pause = 50;

/** So long the end of the process waits for the readers of all its streams, in milliseconds. */
const lastWait = 1_000;

/** When a process that ends stops to wait for them. */
const ends = new WeakMap<Pick<System, "clock">, number>();

const encoder = new TextEncoder();
const newline = 0x0a;

export class StreamQueue {
  /** Told how many lines were dropped, when more are accepted again. */
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
    this.#tellDropped();
    this.#add(bytes);
    if (this.#waiting.length === 1) this.#drain();
  }

  #mustDrop(length: number): boolean {
    return this.#dropped > 0 ? this.#size > acceptAgain : this.#size > 0 && this.#size + length > most;
  }

  #tellDropped(): void {
    if (this.#dropped === 0 || this.onDropped === null) return;
    const lines = this.#dropped;
    this.#dropped = 0;
    this.onDropped(lines);
  }

  #add(bytes: Uint8Array<ArrayBuffer>): void {
    this.#waiting.push(bytes);
    this.#size += bytes.length;
  }

  /** False when the reader took all it wants for now. */
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
      // Nobody reads any more (a closed pipe): a server does not stop serving for that.
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
    this.#system.clock.after(pause, () => {
      this.#isScheduled = false;
      this.#drain();
      if (this.#size <= acceptAgain) this.#tellDropped();
    });
  }

  /** The process ends: the reader gets what there is, if it takes it soon. */
  #finish(): void {
    const { host, clock } = this.#system;
    const end = ends.get(this.#system) ?? clock.monotonic() + lastWait;
    ends.set(this.#system, end);
    this.#tellDropped();
    while (!this.#drain()) {
      const left = end - clock.monotonic();
      if (left <= 0 || !host.awaitReader(this.#stream, left)) return;
    }
  }
}

const queues = new WeakMap<System, Partial<Record<Stream, StreamQueue>>>();

/** The one of this process: what waits does not depend on who wrote it. */
export function streamQueue(system: System, stream: Stream): StreamQueue {
  let known = queues.get(system);
  if (known === undefined) queues.set(system, known = {});
  return known[stream] ??= new StreamQueue(system, stream);
}
