/** The log lines about workers coming and going; thinned to one a second while deaths repeat. */

import type { Ending } from "../core/death.ts";
import type { DenicornError } from "../core/errors.ts";
import { Throttle } from "../core/throttle.ts";
import type { Logger } from "../log/logger.ts";
import type { Child } from "./child.ts";

export class LifecycleLog {
  readonly #logger: Logger;
  readonly #throttle = new Throttle(1_000);
  #announced = "";

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  ready(child: Child, now: number, storm: boolean): void {
    const logger = this.#logger.with(child.identity);
    const values = { ms: Math.round(now - child.bornAt) };
    // In a storm a worker that comes up is no news until it stays up.
    if (storm) logger.debug("ready after {ms} ms", values);
    else logger.info("ready after {ms} ms", values);
  }

  /** `delay` is how long back-off holds the replacement, in milliseconds. */
  died(child: Child, text: string, delay: number, now: number, storm: boolean): void {
    const held = storm ? this.#throttle.pass(now) : 0;
    if (held === null) return;
    const { failure } = child;
    const more = held === 0 ? "" : ` (and ${held} more like it)`;
    const why = failure === null ? "" : `: ${failure.message}`;
    const next = delay <= 0 ? "replacing it now" : `replacing it in ${Math.round(delay)} ms`;
    this.#logger.with({ ...child.identity, detail: failure?.detail }).error`${text}${why}${more}; ${next}`;
  }

  /** The end of a worker that was meant to end. */
  ended(child: Child, ending: Ending): void {
    const logger = this.#logger.with(child.identity);
    if (ending.is === "meant" && !ending.worthNoting) logger.info`${ending.text}`;
    else logger.warning`${ending.text}`;
  }

  spawnFailed(error: DenicornError, now: number): void {
    if (this.#throttle.pass(now) !== null) this.#logger.error`${error.message}`;
  }

  reloadFailed(error: DenicornError, serving: number): void {
    this.#logger.with({ detail: error.detail })
      .error`reload failed, generation ${serving} keeps serving: ${error.message}`;
  }

  /** Says once that what was asked for is there: after the start, a reload, a change of the target. */
  complete(workers: number, generation: number, addresses: readonly string[]): void {
    const state = `${workers} ${workers === 1 ? "worker" : "workers"} of generation ${generation}`;
    if (state === this.#announced) return;
    this.#announced = state;
    this.#logger.info`${state} ready on ${addresses.map((address) => `http://${address}`).join(", ")}`;
  }
}
