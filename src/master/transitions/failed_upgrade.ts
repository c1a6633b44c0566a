/**
 * What is left to do after an upgrade failed. The workers of the successor listen behind those of this master, and end
 * only a moment after it. Until then a worker that joins or leaves would change the kernel's order in an unknown way;
 * the order is known again when the kernel has no more listeners than this master.
 */

import type { Logger } from "../../log/logger.ts";
import type { Clock } from "../../system/system.ts";
import type { HeartbeatMonitor } from "../listeners/heartbeat_monitor.ts";
import type { Steering } from "../listeners/steering.ts";

interface FailedUpgradeOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly heartbeatMonitor: HeartbeatMonitor;
  readonly steering: Steering;
}

/** How long to wait for workers of the successor that hang (ms); meanwhile no worker of this master is replaced. */
const limit = 10_000;

/** A worker of the successor may start to listen just after the first check. */
const checksNeeded = 2;

export class FailedUpgrade {
  readonly #options: FailedUpgradeOptions;
  readonly #end: number;
  #checks = 0;
  #isReported = false;

  constructor(options: FailedUpgradeOptions) {
    this.#options = options;
    this.#end = options.clock.monotonic() + limit;
  }

  /** True when this master can replace workers again. Call it with every tick. */
  poll(): boolean {
    const { clock, logger, heartbeatMonitor, steering } = this.#options;
    if (steering.isOrderKnown) return ++this.#checks >= checksNeeded;
    this.#checks = 0;
    // With steering off the order does not matter.
    if (clock.monotonic() >= this.#end || heartbeatMonitor.eligible().size === 0) {
      steering.giveUp("workers of a failed upgrade still listen: restart the server");
      return true;
    }
    if (!this.#isReported) logger.info("waiting for workers of the failed upgrade that still listen");
    this.#isReported = true;
    return false;
  }
}
