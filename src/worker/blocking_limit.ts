/**
 * How long the event loop of this worker may be blocked before the kernel ends the process. A living master kills it
 * first; without a master it would listen for ever, take connections that it never answers, and block a restart.
 */

import { blockedMargin, drainLimit } from "../core/pool/worker_state.ts";
import type { WorkerConfig } from "../protocol/messages.ts";
import type { Clock, Processes } from "../system/system.ts";

type Limits = Pick<WorkerConfig, "bootTimeout" | "timeout" | "gracefulTimeout" | "shutdownTimeout">;

/** Milliseconds between two signs of life while the worker boots. */
const bootInterval = 250;

export class BlockingLimit {
  readonly #processes: Pick<Processes, "endUnlessCalledWithin">;
  readonly #limits: Limits;
  #limit: number;
  readonly #endBoot: () => void;

  /** Begins with the limit for booting. */
  constructor(processes: Pick<Processes, "endUnlessCalledWithin">, clock: Clock, limits: Limits) {
    this.#processes = processes;
    this.#limits = limits;
    this.#limit = limits.bootTimeout + blockedMargin;
    this.#endBoot = clock.every(bootInterval, () => this.extend());
    this.extend();
  }

  /** The event loop is not blocked now. Call it with every heartbeat. */
  extend(): void {
    this.#processes.endUnlessCalledWithin(this.#limit);
  }

  /** From now on `timeout` holds. */
  startServing(): void {
    const { timeout } = this.#limits;
    this.#endBoot();
    this.#setLimit(timeout === 0 ? 0 : timeout + blockedMargin);
  }

  /** While a worker drains, the master only watches its deadline. */
  startDraining(): void {
    this.#setLimit(Math.max(this.#limits.timeout, drainLimit(this.#limits)) + blockedMargin);
  }

  #setLimit(limit: number): void {
    this.#limit = limit;
    this.extend();
  }
}
