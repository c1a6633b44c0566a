/** Holds the replacement of dead workers back while deaths repeat, and wakes the loop when the wait is over. */

import { type Backoff, type DeathCause, isStorm, noBackoff, recordDeath } from "../core/backoff.ts";
import type { System } from "../system/system.ts";

export class Replacements {
  readonly #system: System;
  readonly #wake: () => void;
  #backoff: Backoff = noBackoff;
  #cancelWake: () => void = () => {};

  constructor(system: System, wake: () => void) {
    this.#system = system;
    this.#wake = wake;
  }

  /** Takes note of a death among `target` workers; gives the delay of the replacement in milliseconds. */
  record(cause: DeathCause, target: number): number {
    const { clock, host } = this.#system;
    const now = clock.monotonic();
    this.#backoff = recordDeath(this.#backoff, cause, target, now, host.random());
    const delay = this.#backoff.notBefore - now;
    this.#cancelWake();
    if (delay > 0) this.#cancelWake = clock.after(delay, this.#wake);
    return delay;
  }

  get areDue(): boolean {
    return this.#system.clock.monotonic() >= this.#backoff.notBefore;
  }

  isStorm(target: number): boolean {
    return isStorm(this.#backoff, target, this.#system.clock.monotonic());
  }

  cancel(): void {
    this.#cancelWake();
  }
}
