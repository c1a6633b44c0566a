/** A warning about what may happen very often: one line at once, and then at most one per interval with their number. */

import type { Clock } from "../system/system.ts";

/** Milliseconds. */
const interval = 1_000;

export class CountedWarning {
  readonly #clock: Clock;
  readonly #write: (count: number) => void;
  #count = 0;
  #isWaiting = false;

  /** `write` gets how often it has happened since the last line. */
  constructor(clock: Clock, write: (count: number) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  /** It has happened once more. */
  add(): void {
    this.#count++;
    if (!this.#isWaiting) this.#report();
  }

  #report(): void {
    if (this.#count === 0) {
      this.#isWaiting = false;
      return;
    }
    const count = this.#count;
    this.#count = 0;
    this.#isWaiting = true;
    this.#clock.after(interval, () => this.#report());
    this.#write(count);
  }
}
