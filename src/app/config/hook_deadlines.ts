/**
 * The deadlines of hooks that wait. All hooks have the same time, so one look at the oldest, now and then, takes the place of
 * a timer for each call: with those, `preRequest` and `postRequest` that return promises cost a request 26 µs.
 */

import type { Clock } from "../../system/system.ts";

/** Milliseconds between two looks: a hook may be late by so much more. */
const lookInterval = 100;

interface Waiting {
  readonly until: number;
  readonly onLate: () => void;
}

export class HookDeadlines {
  readonly #clock: Clock;
  readonly #timeout: number;
  /** In the order of their deadlines. */
  readonly #waiting = new Set<Waiting>();
  #stopLooking: (() => void) | null = null;

  /** `timeout` in ms. */
  constructor(clock: Clock, timeout: number) {
    this.#clock = clock;
    this.#timeout = timeout;
  }

  /** Calls `onLate` after the time that hooks have, unless the returned function is called before. */
  begin(onLate: () => void): () => void {
    this.#stopLooking ??= this.#clock.every(Math.min(lookInterval, this.#timeout), () => this.#look());
    const waiting = { until: this.#clock.monotonic() + this.#timeout, onLate };
    this.#waiting.add(waiting);
    return () => void this.#waiting.delete(waiting);
  }

  #look(): void {
    const now = this.#clock.monotonic();
    for (const waiting of this.#waiting) {
      if (waiting.until > now) return;
      this.#waiting.delete(waiting);
      waiting.onLate();
    }
    // Not when the last one is done: that would be a timer for each request again.
    if (this.#waiting.size > 0) return;
    this.#stopLooking?.();
    this.#stopLooking = null;
  }
}
