/**
 * Frames on their way to one reader. What waits is bounded, so a reader that does not read costs no more memory than
 * that, and delays nobody else. Frames that arrive within a millisecond are written together: 10,000 messages a second
 * between four workers would else be 40,000 writes.
 */

import type { Clock } from "../system/system.ts";

interface OutboxOptions {
  /** Of the frames that wait, in bytes. */
  readonly limit: number;
  /** Resolves when the bytes are handed over, or the reader is gone. */
  readonly send: (bytes: Uint8Array) => Promise<void>;
  readonly clock: Clock;
}

/** Milliseconds between two writes, unless there is enough for a long one. */
const interval = 1;

/** In bytes. Frames of the same connection that cannot wait come after one write at most. */
const longestWrite = 65_536;

export class Outbox {
  readonly #options: OutboxOptions;
  #frames: Uint8Array[] = [];
  #waiting = 0;
  #isBusy = false;
  /** Called when nothing waits any more. */
  #onEmpty: (() => void)[] = [];
  #lastWrite = -Infinity;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** False if the frame does not fit any more, and is dropped. */
  add(frame: Uint8Array): boolean {
    if (this.#waiting + frame.length > this.#options.limit) return false;
    this.insist(frame);
    return true;
  }

  /** Adds a frame that must not be lost. */
  insist(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#waiting += frame.length;
    if (this.#isBusy) return;
    this.#isBusy = true;
    const { clock } = this.#options;
    const wait = this.#lastWrite + interval - clock.monotonic();
    if (wait <= 0) void this.#write();
    else clock.after(wait, () => void this.#write());
  }

  /** Resolves when everything so far is handed over, or the reader is gone. */
  get empty(): Promise<void> {
    return this.#isBusy ? new Promise((resolve) => this.#onEmpty.push(resolve)) : Promise.resolve();
  }

  async #write(): Promise<void> {
    const { clock, send } = this.#options;
    while (this.#frames.length > 0) {
      const bytes = this.#take();
      this.#lastWrite = clock.monotonic();
      await send(bytes);
      this.#waiting -= bytes.length;
      if (this.#frames.length > 0 && this.#waiting < longestWrite) {
        return void clock.after(interval, () => void this.#write());
      }
    }
    this.#isBusy = false;
    for (const resolve of this.#onEmpty.splice(0)) resolve();
  }

  #take(): Uint8Array {
    let length = 0;
    let count = 0;
    for (const frame of this.#frames) {
      if (count > 0 && length + frame.length > longestWrite) break;
      length += frame.length;
      count++;
    }
    const frames = this.#frames.splice(0, count);
    if (frames.length === 1) return frames[0]!;
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const frame of frames) {
      bytes.set(frame, at);
      at += frame.length;
    }
    return bytes;
  }
}
