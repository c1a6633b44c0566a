/** What the processes that take tasks do for the file as a whole. */

import { isBefore } from "../../core/tasks/cron_schedule.ts";
import { furthestLeaseEnd, LeaseWatch } from "../../core/tasks/lease_watch.ts";
import type { Database, System } from "../../system/system.ts";
import type { StoreOptions } from "../task_store.ts";
import { promote } from "./claims.ts";
import { addDue } from "./cron_table.ts";
import type { Glance } from "./glance.ts";
import { expire, type Returned, shortenLeases } from "./leases.ts";
import { prune } from "./pruning.ts";
import type { WriteQueue } from "./write_queue.ts";

/** Milliseconds to wait for a lock. */
const timeout = 5000;
/** Tasks that are done are removed after so many more have ended, and so many milliseconds. */
const pruningPause = { tasks: 100, ms: 60_000 };

const nothing: Returned = { count: 0, dead: [] };

export class DueWork {
  readonly #system: System;
  readonly #queue: WriteQueue;
  readonly #owner: string;
  readonly #store: StoreOptions;
  readonly #watch: LeaseWatch;
  #endedSincePruning = 0;
  #prunedAt = -Infinity;

  constructor(system: System, queue: WriteQueue, owner: string, store: StoreOptions) {
    this.#system = system;
    this.#queue = queue;
    this.#owner = owner;
    this.#store = store;
    this.#watch = new LeaseWatch(store.lease);
  }

  /** To be called several times in each lease. True if leases that have ended are those of processes that are gone. */
  watchClocks(): boolean {
    const { clock } = this.#system;
    return this.#watch.canExpire(clock.wall(), clock.monotonic());
  }

  /**
   * Makes what is due wait to be taken. `hasChanged`: tasks wait by now that did not before; `nextIn`: milliseconds until
   * something is due again.
   */
  async look(seen: Glance): Promise<{ hasChanged: boolean; returned: Returned; nextIn: number }> {
    const now = this.#system.clock.wall();
    const canExpire = this.watchClocks();
    if (this.#system.clock.monotonic() - this.#prunedAt > pruningPause.ms) this.#prune();

    const isLeaseOver = seen.firstLeaseEnd < now;
    // What has ended by a clock that cannot be trusted yet is looked at again a part of a lease later.
    const leaseAt = isLeaseOver ? now + this.#store.lease / 4 : seen.firstLeaseEnd + 1;
    const nextIn = Math.min(seen.delayedAt, seen.cronAt, leaseAt) - now;

    const isDelayedDue = seen.delayedAt <= now;
    const isCronDue = seen.cronAt <= now || isBefore(now, seen.cronComputedAt);
    const furthest = furthestLeaseEnd(now, this.#store.lease);
    const isLeaseTooFar = seen.lastLeaseEnd > furthest;
    const isLost = isLeaseOver && canExpire;
    if (!isDelayedDue && !isCronDue && !isLeaseTooFar && !isLost) {
      return { hasChanged: false, returned: nothing, nextIn };
    }
    const returned = await this.#queue.write("take what is due", timeout, (database) => {
      if (isDelayedDue) promote(database, now);
      if (isCronDue) addDue(database, now);
      if (isLeaseTooFar) shortenLeases(database, furthest, now + this.#store.lease);
      return isLost ? expire(database, this.#owner, now) : nothing;
    });
    // What comes after that is seen by another look at once.
    return { hasChanged: true, returned, nextIn: isDelayedDue || isCronDue || isLeaseTooFar ? 1 : nextIn };
  }

  /** A task has ended. */
  ended(): void {
    if (++this.#endedSincePruning >= pruningPause.tasks) this.#prune();
  }

  #prune(): void {
    this.#endedSincePruning = 0;
    this.#prunedAt = this.#system.clock.monotonic();
    const work = (database: Database) => prune(database, this.#system.clock.wall(), this.#store.retention);
    void this.#queue.write("remove tasks that are done", timeout, work).then(
      (hasMore) => hasMore && this.#prune(),
      // It was reported, and is tried again later.
      () => {},
    );
  }
}
