/** What operators do to tasks. Each function is a part of a transaction. */

import type { Database } from "../../system/system.ts";
import type { TaskState } from "../task_store.ts";
import { indexParts } from "./task_schema.ts";

/** How many tasks one transaction changes: 1,000 take 10 ms, in which no other process can write. */
export const changedAtOnce = 1000;

/** Dead tasks wait again as if they were new; those that died up to `until`. Returns how many. */
export function retryDead(database: Database, id: number | null, now: number, until: number): number {
  const which = id === null ? "ended_at <= ?" : "id = ?";
  return database.run(
    `UPDATE task SET state = 'waiting', run_at = ?, attempt = 0, crashes = 0, is_cancelled = 0, ended_at = NULL
     WHERE id IN (SELECT id FROM task WHERE state = 'dead' AND ${which} LIMIT ${changedAtOnce})`,
    now,
    id ?? until,
  );
}

/** Removes a task that waits, and marks one that runs. */
export function cancelTask(database: Database, id: number): "removed" | "marked" | "none" {
  const removed = database.run("DELETE FROM task WHERE id = ? AND state IN ('waiting', 'delayed')", id);
  if (removed > 0) return "removed";
  return database.run("UPDATE task SET is_cancelled = 1 WHERE id = ? AND state = 'running'", id) > 0
    ? "marked"
    : "none";
}

/** Removes tasks of a state, but none that was added after `lastId`. Returns how many. */
export function purgeState(database: Database, state: Exclude<TaskState, "running">, lastId: number): number {
  return indexParts(state).reduce((removed, part) =>
    removed + database.run(
      // The plus keeps SQLite from going through all tasks by their ids.
      `DELETE FROM task WHERE id IN (
         SELECT id FROM task WHERE state = '${state}' AND ${part} AND +id <= ? LIMIT ?)`,
      lastId,
      changedAtOnce - removed,
    ), 0);
}

export function lastTaskId(database: Database): number {
  return Number(database.rows("SELECT max(id) AS id FROM task")[0]?.["id"] ?? 0);
}

export function setPaused(database: Database, isPaused: boolean): void {
  if (isPaused) database.run("INSERT INTO flag (name) VALUES ('paused') ON CONFLICT DO NOTHING");
  else database.run("DELETE FROM flag WHERE name = 'paused'");
}
