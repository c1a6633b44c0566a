/**
 * Lets one line through per `interval` and counts what it held back, so that a storm of deaths cannot become
 * a storm of log lines.
 */
export class Throttle {
  readonly #interval: number;
  #last = -Infinity;
  #held = 0;

  /** `interval` in milliseconds. */
  constructor(interval: number) {
    this.#interval = interval;
  }

  /** The number of lines held back since the last one let through, or `null` to hold this one back too. */
  pass(now: number): number | null {
    if (now - this.#last < this.#interval) {
      this.#held++;
      return null;
    }
    const held = this.#held;
    this.#last = now;
    this.#held = 0;
    return held;
  }
}
