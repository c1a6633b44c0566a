/** The log lines about workers coming and going; thinned to one a second while deaths repeat. */

import type { Ending } from "../core/death.ts";
import type { DenicornError } from "../core/errors.ts";
import { Throttle } from "../core/throttle.ts";
import type { Logger } from "../log/logger.ts";
import type { Child } from "./child.ts";

export class LifecycleLog {
  readonly #logger: Logger;
  readonly #throttle = new Throttle(1_000);

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

  /** `delay` is how long back-off holds the replacement, in milliseconds; `null` when none is wanted. */
  ended(child: Child, ending: Ending, delay: number | null, now: number, storm: boolean): void {
    const logger = this.#logger.with(child.identity);
    if (ending.is === "meant") {
      if (ending.worthNoting) logger.warning(ending.text);
      else logger.info(ending.text);
      return;
    }
    const held = storm ? this.#throttle.pass(now) : 0;
    if (held === null) return;
    const more = held === 0 ? "" : ` (and ${held} more like it)`;
    const next = delay === null
      ? ""
      : delay <= 0
      ? "; replacing it now"
      : `; replacing it in ${Math.round(delay)} ms`;
    const { failure } = child;
    const why = failure === null ? "" : `: ${failure.message}`;
    logger.with({ detail: failure?.detail }).error`${ending.text + more + next + why}`;
  }

  spawnFailed(error: DenicornError, now: number): void {
    if (this.#throttle.pass(now) !== null) this.#logger.error`${error.message}`;
  }
}
