/** What an idle process looks at before it takes the write lock. */

import type { Database, DatabaseValue } from "../../system/system.ts";

export interface Glance {
  readonly isAnyWaiting: boolean;
  /** When a delayed task is due, `Infinity` for never; likewise the others. */
  readonly delayedAt: number;
  readonly cronAt: number;
  /** When the schedule was last computed: after now, if the clock was set back. */
  readonly cronComputedAt: number;
  /** Between which times the leases of other processes end. */
  readonly firstLeaseEnd: number;
  readonly lastLeaseEnd: number;
  /** Tasks of this process that an operator has cancelled. */
  readonly cancelled: readonly number[];
}

/** Reads a few rows, however many tasks there are. It takes 10 µs. */
export function glance(database: Database, owner: string): Glance {
  const [row = {}] = database.rows(
    `SELECT EXISTS (SELECT 1 FROM task WHERE state = 'waiting')
         AND NOT EXISTS (SELECT 1 FROM flag WHERE name = 'paused') AS waiting,
       (SELECT min(run_at) FROM task WHERE state = 'delayed') AS delayed`,
  );
  const [cron = {}] = database.rows("SELECT min(next) AS next, max(computed_at) AS computed FROM cron");
  const [lease = {}] = database.rows(
    `SELECT min(lease_until) AS first, max(lease_until) AS last FROM task WHERE state = 'running' AND owner <> ?`,
    owner,
  );
  const marked = database.rows(
    "SELECT id FROM task WHERE state = 'running' AND owner = ? AND is_cancelled = 1",
    owner,
  );
  return {
    isAnyWaiting: row["waiting"] === 1,
    delayedAt: timeOr(Infinity, row["delayed"]),
    cronAt: timeOr(Infinity, cron["next"]),
    cronComputedAt: timeOr(0, cron["computed"]),
    firstLeaseEnd: timeOr(Infinity, lease["first"]),
    lastLeaseEnd: timeOr(0, lease["last"]),
    cancelled: marked.map(({ id }) => Number(id)),
  };
}

function timeOr(otherwise: number, value: DatabaseValue | undefined): number {
  return value == null ? otherwise : Number(value);
}
