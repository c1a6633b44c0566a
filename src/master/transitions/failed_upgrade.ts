/**
 * After an upgrade that failed. The successor's workers listen behind those of this master, and when it is killed they
 * end only a moment later. While they are there, whoever joins or leaves changes the kernel's order in a way nobody
 * can follow: the place of each is known again when the kernel has no more listeners than this master.
 */

import type { Logger } from "../../log/logger.ts";
import type { Clock } from "../../system/system.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { Traffic } from "../listeners/traffic.ts";

export interface FailedUpgradeOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly workerTable: WorkerTable;
  readonly traffic: Traffic;
}

/** Milliseconds to wait for workers that hang, without replacing any of our own. */
const limit = 10_000;

/** Who was told to listen just before its master was killed may appear after the first look. */
const looksNeeded = 2;

export class FailedUpgrade {
  readonly #options: FailedUpgradeOptions;
  readonly #end: number;
  #looks = 0;
  #isReported = false;

  constructor(options: FailedUpgradeOptions) {
    this.#options = options;
    this.#end = options.clock.monotonic() + limit;
  }

  /** True when this master can go on; to be asked with every tick. */
  poll(): boolean {
    const { clock, logger, workerTable, traffic } = this.#options;
    if (traffic.isOrderKnown) return ++this.#looks >= looksNeeded;
    this.#looks = 0;
    // With steering off, workers can be replaced beside any strangers.
    if (clock.monotonic() >= this.#end || workerTable.eligible().size === 0) {
      traffic.giveUp("workers of a failed upgrade still listen: restart the server");
      return true;
    }
    if (!this.#isReported) logger.info("waiting for workers that the failed upgrade left listening");
    this.#isReported = true;
    return false;
  }
}
