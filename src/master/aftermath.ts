/**
 * After an upgrade that failed. The successor's workers listen behind those of this master, and when it is killed they
 * end only a moment later. While they are there, whoever joins or leaves changes the kernel's order in a way nobody
 * can follow: the place of each is known again when the kernel has no more listeners than this master.
 */

import type { Logger } from "../log/logger.ts";
import type { Clock } from "../system/system.ts";
import type { Roster } from "./roster.ts";
import type { Traffic } from "./traffic.ts";

export interface AftermathOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly roster: Roster;
  readonly traffic: Traffic;
}

/** Milliseconds to wait for workers that hang, without replacing any of our own. */
const limit = 10_000;

/** Who was told to listen just before its master was killed may appear after the first look. */
const looksNeeded = 2;

export class Aftermath {
  readonly #options: AftermathOptions;
  readonly #end: number;
  #looks = 0;
  #isTold = false;

  constructor(options: AftermathOptions) {
    this.#options = options;
    this.#end = options.clock.monotonic() + limit;
  }

  /** True when this master can go on; to be asked with every tick. */
  look(): boolean {
    const { clock, logger, roster, traffic } = this.#options;
    if (traffic.isOrderKnown) return ++this.#looks >= looksNeeded;
    this.#looks = 0;
    // With steering off, workers can be replaced beside any strangers.
    if (clock.monotonic() >= this.#end || roster.eligible().size === 0) {
      traffic.giveUp("workers of a failed upgrade still listen: restart the server");
      return true;
    }
    if (!this.#isTold) logger.info("waiting for workers that the failed upgrade left listening");
    this.#isTold = true;
    return false;
  }
}
