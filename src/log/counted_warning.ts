/** A warning about what may happen very often: one line at once, and then at most one per interval with their number. */

import type { Clock } from "../system/system.ts";

export class CountedWarning {
  readonly #clock: Clock;
  readonly #write: (count: number) => void;
  readonly #interval: number;
  #count = 0;
  #isWaiting = false;

  /** `write` gets how often it has happened since the last line. `interval` in milliseconds. */
  constructor(clock: Clock, write: (count: number) => void, interval = 1_000) {
    this.#clock = clock;
    this.#write = write;
    this.#interval = interval;
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
    this.#clock.after(this.#interval, () => this.#report());
    this.#write(count);
  }
}
