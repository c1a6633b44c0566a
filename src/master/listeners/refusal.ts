/**
 * Closes listeners that no other worker takes over from. Closing one resets the connections in its accept queue, so
 * requests for new connections are dropped first, the workers serve those that have been made, and the listeners close
 * after the last handshake.
 */

import type { Settings } from "../../settings/settings.ts";
import type { Clock } from "../../system/system.ts";
import type { Steering } from "./steering.ts";

interface RefusalOptions {
  readonly clock: Clock;
  readonly steering: Steering;
  readonly settings: () => Pick<Settings, "drainIdle" | "gracefulTimeout">;
}

/** Milliseconds between two checks of the accept queues. */
const quietPause = 20;

export class Refusal {
  readonly #options: RefusalOptions;
  #isRunning = false;
  #isCutShort = false;

  constructor(options: RefusalOptions) {
    this.#options = options;
  }

  /**
   * Refuses new connections from now on, and later calls `close`: the workers may then drain as if others took over. False
   * if that is not possible; then each worker has to close its own listeners.
   */
  begin(close: () => void): boolean {
    const { clock, steering, settings } = this.#options;
    if (!steering.refuse()) return false;
    if (this.#isRunning) return true;
    this.#isRunning = true;
    const since = clock.monotonic();
    const { drainIdle, gracefulTimeout } = settings();
    const deadline = gracefulTimeout / 2;
    const check = () => {
      const elapsed = clock.monotonic() - since;
      const isQuiet = elapsed >= drainIdle && steering.refusedBacklog === 0;
      if (!isQuiet && elapsed < deadline && !this.#isCutShort) return void clock.after(quietPause, check);
      this.#isRunning = false;
      close();
    };
    check();
    return true;
  }

  /** Waits no longer: nothing is served any more. */
  cutShort(): void {
    this.#isCutShort = true;
  }
}
