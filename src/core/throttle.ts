/**
 * Lets one log line through per interval and counts the suppressed ones, so that a crash loop does not flood the log.
 */
export class Throttle {
  readonly #interval: number;
  #last = -Infinity;
  #suppressed = 0;

  /** `interval` in milliseconds. */
  constructor(interval: number) {
    this.#interval = interval;
  }

  /** The number of lines suppressed since the last one that passed, or `null` to suppress this one too. */
  pass(now: number): number | null {
    if (now - this.#last < this.#interval) {
      this.#suppressed++;
      return null;
    }
    const suppressed = this.#suppressed;
    this.#last = now;
    this.#suppressed = 0;
    return suppressed;
  }
}
