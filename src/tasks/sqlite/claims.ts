/** How a process takes tasks, and what becomes of them. Each function is a part of a transaction. */

import type { Database } from "../../system/system.ts";

/** Of a task that this process has taken. */
export interface ClaimedRow {
  readonly id: number;
  /** Counts how often it was taken. */
  readonly claim: number;
  readonly name: string;
  readonly payload: string;
  readonly attempt: number;
  readonly attempts: number;
  readonly timeout: number;
  readonly backoff: number;
  /** Its workers have died so often that it may be what kills them: nothing else runs beside it. */
  readonly isSuspect: boolean;
}

/** A task whose workers die this often while it runs runs alone from then on, so that it takes no other ones with it. */
const sharedCrashes = 3;

type Claim = Pick<ClaimedRow, "id" | "claim">;

/** Of an operator's command; also what `cancel` of a running task ends with. */
export const cancelled = "cancelled";

/** How many delayed tasks become due in one transaction, in which no other process can write. */
const promotedAtOnce = 500;

/** Delayed tasks whose time has come wait from now on. True if there may be more of them. */
export function promote(database: Database, now: number): boolean {
  const promoted = database.run(
    `UPDATE task SET state = 'waiting' WHERE id IN (
       SELECT id FROM task WHERE state = 'delayed' AND run_at <= ? ORDER BY run_at, id LIMIT ${promotedAtOnce})`,
    now,
  );
  return promoted === promotedAtOnce;
}

/** `isHeld`: there are more, which must wait until this process runs nothing. */
export interface Claimed {
  readonly rows: readonly ClaimedRow[];
  readonly isHeld: boolean;
}

/**
 * Takes up to `most` tasks, those of high priority first. None while the store is paused, and none from the first suspect on
 * unless this process `isIdle`: then it takes that one only.
 */
export function claim(
  database: Database,
  by: { readonly owner: string; readonly leaseUntil: number; readonly now: number },
  most: number,
  isIdle: boolean,
): Claimed {
  const rows = claimFirst(database, by, most);
  const suspect = rows.findIndex(({ isSuspect }) => isSuspect);
  if (suspect < 0) return { rows, isHeld: false };
  const taken = suspect === 0 && isIdle ? 1 : suspect;
  giveBack(database, rows.slice(taken), by.now);
  return { rows: rows.slice(0, taken), isHeld: taken < rows.length };
}

function claimFirst(
  database: Database,
  by: { readonly owner: string; readonly leaseUntil: number; readonly now: number },
  most: number,
): ClaimedRow[] {
  if (isPaused(database)) return [];
  const rows = database.rows(
    `UPDATE task SET state = 'running', attempt = attempt + 1, claim = claim + 1, owner = ?, lease_until = ?,
       started_at = ?, progress = NULL
     WHERE id IN (SELECT id FROM task WHERE state = 'waiting' ORDER BY priority, id LIMIT ?)
     RETURNING id, claim, name, payload, attempt, attempts, timeout, backoff, priority, crashes`,
    by.owner,
    by.leaseUntil,
    by.now,
    most,
  );
  // RETURNING has no order of its own.
  return rows.sort((a, b) =>
    Number(a["priority"]) - Number(b["priority"]) || Number(a["id"]) - Number(b["id"])
  )
    .map((row) => ({
      id: Number(row["id"]),
      claim: Number(row["claim"]),
      name: String(row["name"]),
      payload: String(row["payload"]),
      attempt: Number(row["attempt"]),
      attempts: Number(row["attempts"]),
      timeout: Number(row["timeout"]),
      backoff: Number(row["backoff"]),
      isSuspect: Number(row["crashes"]) >= sharedCrashes,
    }));
}

export function isPaused(database: Database): boolean {
  return database.rows("SELECT 1 FROM flag WHERE name = 'paused'").length > 0;
}

/** Of an attempt that has ended well. A task that was cancelled meanwhile is dead nevertheless. */
export function complete(
  database: Database,
  { id, claim }: Claim,
  ended: { readonly now: number; readonly result: string | null; readonly progress: number | null },
  isKept: boolean,
): void {
  const kept = database.run(
    `UPDATE task SET state = iif(is_cancelled, 'dead', 'done'), error = iif(is_cancelled, '${cancelled}', error),
       result = ?, progress = coalesce(?, progress), ended_at = ?, owner = NULL, lease_until = NULL
     WHERE id = ? AND claim = ? AND state = 'running'`,
    ended.result,
    ended.progress,
    ended.now,
    id,
    claim,
  );
  if (kept > 0 && !isKept) database.run("DELETE FROM task WHERE id = ? AND state = 'done'", id);
}

/** Of an attempt that has failed: it is tried again at `retryAt`, `null` for never. One that `isPutOff` does not count. */
export function fail(
  database: Database,
  { id, claim }: Claim,
  ended: {
    readonly now: number;
    readonly error: string;
    readonly progress: number | null;
    readonly retryAt: number | null;
    readonly isPutOff: boolean;
  },
): void {
  const retryState = ended.retryAt !== null && ended.retryAt > ended.now ? "delayed" : "waiting";
  const state = ended.retryAt === null ? "dead" : retryState;
  database.run(
    `UPDATE task SET state = iif(is_cancelled, 'dead', ?1), error = iif(is_cancelled, '${cancelled}', ?2),
       progress = coalesce(?3, progress), ended_at = iif(is_cancelled OR ?1 = 'dead', ?4, NULL),
       run_at = coalesce(?5, run_at), attempt = attempt - ?6, owner = NULL, lease_until = NULL
     WHERE id = ?7 AND claim = ?8 AND state = 'running'`,
    state,
    ended.error,
    ended.progress,
    ended.now,
    ended.retryAt,
    ended.isPutOff ? 1 : 0,
    id,
    claim,
  );
}

/** They wait again, and the attempt does not count. */
export function giveBack(database: Database, claims: readonly Claim[], now: number): void {
  for (const { id, claim } of claims) {
    database.run(
      `UPDATE task SET state = iif(is_cancelled, 'dead', 'waiting'), attempt = attempt - NOT is_cancelled,
         error = iif(is_cancelled, '${cancelled}', error), ended_at = iif(is_cancelled, ?, NULL),
         owner = NULL, lease_until = NULL
       WHERE id = ? AND claim = ? AND state = 'running'`,
      now,
      id,
      claim,
    );
  }
}

/** How far a task is. */
export function noteProgress(database: Database, { id, claim }: Claim, progress: number): void {
  database.run(
    "UPDATE task SET progress = ? WHERE id = ? AND claim = ? AND state = 'running'",
    progress,
    id,
    claim,
  );
}
