/** How much of a shared resource one party may use: bursts at once, and after that only so much per second. */

export class Pace {
  readonly #burst: number;
  #spent = 0;
  #at = 0;

  /** What it may spend at once when it has spent nothing for a while. */
  constructor(burst: number) {
    this.#burst = burst;
  }

  /** `now` in milliseconds; `rate` is what it may spend per second. */
  spend(cost: number, now: number, rate: number): void {
    this.#recover(now, rate);
    this.#spent += cost;
  }

  /** For how many milliseconds it must not spend any more. */
  pause(now: number, rate: number): number {
    this.#recover(now, rate);
    return Math.max(0, this.#spent - this.#burst) / rate * 1_000;
  }

  #recover(now: number, rate: number): void {
    this.#spent = Math.max(0, this.#spent - (now - this.#at) * rate / 1_000);
    this.#at = now;
  }
}
