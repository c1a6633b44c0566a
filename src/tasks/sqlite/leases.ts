/** How tasks are taken from processes that are gone. Each function is a part of a transaction. */

import type { Database, DatabaseRow, DatabaseValue } from "../../system/system.ts";
import { cancelled } from "./claims.ts";

/** A task whose workers die this often while it runs is not tried again, so that it does not kill workers for ever. */
const mostCrashes = 5;
const crashError = `its worker died ${mostCrashes} times while it ran`;

/** A task that is dead although this process did not run it. */
interface DeadTask {
  readonly id: string;
  readonly name: string;
  readonly error: string;
}

/** What has become of tasks whose process is gone. */
export interface Returned {
  readonly count: number;
  readonly dead: readonly DeadTask[];
}

/** What `owner` holds, with new ends of the leases. */
export function renew(
  database: Database,
  owner: string,
  leaseUntil: number,
): { readonly id: number; readonly claim: number; readonly isCancelled: boolean }[] {
  return database.rows(
    "UPDATE task SET lease_until = ? WHERE state = 'running' AND owner = ? RETURNING id, claim, is_cancelled",
    leaseUntil,
    owner,
  ).map((row) => ({
    id: Number(row["id"]),
    claim: Number(row["claim"]),
    isCancelled: row["is_cancelled"] === 1,
  }));
}

/** Takes everything from a process that is gone. */
export function release(database: Database, owner: string, now: number): Returned {
  return takeBack(database, "owner = ?2", now, owner);
}

/** Takes what other processes than `owner` have held beyond their lease. */
export function expire(database: Database, owner: string, now: number): Returned {
  return takeBack(database, "lease_until < ?1 AND owner <> ?2", now, owner);
}

/** Leases that end after `furthest` are to end at `leaseUntil`. */
export function shortenLeases(database: Database, furthest: number, leaseUntil: number): void {
  database.run(
    "UPDATE task SET lease_until = ? WHERE state = 'running' AND lease_until > ?",
    leaseUntil,
    furthest,
  );
}

/** The attempt does not count: the task may be innocent of the death of its process. */
function takeBack(database: Database, which: string, ...values: readonly DatabaseValue[]): Returned {
  const isDead = `(is_cancelled OR crashes + 1 >= ${mostCrashes})`;
  const rows = database.rows(
    `UPDATE task SET state = iif(${isDead}, 'dead', 'waiting'), ended_at = iif(${isDead}, ?1, NULL),
       error = CASE WHEN is_cancelled THEN '${cancelled}' WHEN ${isDead} THEN '${crashError}' ELSE error END,
       attempt = attempt - NOT ${isDead}, crashes = crashes + 1, owner = NULL, lease_until = NULL
     WHERE state = 'running' AND ${which}
     RETURNING id, name, state, error, is_cancelled`,
    ...values,
  );
  return { count: rows.length, dead: rows.filter(isDeadByCrashes).map(deadTask) };
}

function isDeadByCrashes(row: DatabaseRow): boolean {
  return row["state"] === "dead" && row["is_cancelled"] === 0;
}

function deadTask(row: DatabaseRow): DeadTask {
  return { id: String(row["id"]), name: String(row["name"]), error: String(row["error"]) };
}
