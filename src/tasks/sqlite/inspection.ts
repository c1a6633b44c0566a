/** What operators see of the tasks in the file. */

import type { Database, DatabaseRow, DatabaseValue } from "../../system/system.ts";
import { type TaskCounts, type TaskInfo, type TaskState, taskStates } from "../task_store.ts";
import { isPaused } from "./claims.ts";
import { indexParts } from "./task_schema.ts";

/** The task that waits for the longest is looked for among so many of so many priorities, however many there are. */
const seen = { priorities: 16, tasks: 32 };

/** Takes the same time however many tasks there are. */
export function countTasks(database: Database, now: number): TaskCounts {
  const counted = new Map(
    database.rows("SELECT state, sum(count) AS count FROM task_count GROUP BY state")
      .map((row) => [row["state"], Number(row["count"])]),
  );
  const of = (state: TaskState) => counted.get(state) ?? 0;
  const byState = {
    waiting: of("waiting"),
    delayed: of("delayed"),
    running: of("running"),
    done: of("done"),
  };
  const oldest = Math.max(0, now - earliestWaiting(database, now));
  return { ...byState, dead: of("dead"), oldest, isPaused: isPaused(database) };
}

/**
 * Of each priority, those that are to be taken next. A task with a lower id that was delayed may stand before one that has
 * waited for longer.
 */
function earliestWaiting(database: Database, now: number): number {
  let [earliest, priority] = [now, -1];
  for (let count = 0; count < seen.priorities; count++) {
    const [next] = database.rows(
      "SELECT priority FROM task WHERE state = 'waiting' AND priority > ? ORDER BY priority LIMIT 1",
      priority,
    );
    if (next === undefined) break;
    priority = Number(next["priority"]);
    const [row = {}] = database.rows(
      `SELECT min(run_at) AS earliest FROM (
         SELECT run_at FROM task WHERE state = 'waiting' AND priority = ? ORDER BY id LIMIT ${seen.tasks})`,
      priority,
    );
    earliest = Math.min(earliest, Number(row["earliest"]));
  }
  return earliest;
}

const columns =
  `id, name, state, payload, attempt, attempts, priority, key, added_at, run_at, started_at, ended_at,
  progress, error, result`;

const orders: Readonly<Record<TaskState, string>> = {
  waiting: "priority, id",
  delayed: "run_at, id",
  running: "started_at, id",
  done: "ended_at DESC, id DESC",
  dead: "ended_at DESC, id DESC",
};

export function listTasks(database: Database, state: TaskState, limit: number): TaskInfo[] {
  const parts = indexParts(state);
  const select = parts.map((part) =>
    `SELECT * FROM (SELECT ${columns} FROM task WHERE state = '${state}' AND ${part} ORDER BY ${
      orders[state]
    } LIMIT ?)`
  );
  const sql = `SELECT * FROM (${select.join(" UNION ALL ")}) ORDER BY ${orders[state]} LIMIT ?`;
  return database.rows(sql, ...parts.map(() => limit), limit).map(infoOf);
}

export function showTask(database: Database, id: number): TaskInfo | null {
  const [row] = database.rows(`SELECT ${columns} FROM task WHERE id = ?`, id);
  return row === undefined ? null : infoOf(row);
}

function infoOf(row: DatabaseRow): TaskInfo {
  return {
    id: String(row["id"]),
    name: String(row["name"]),
    state: taskStates.find((state) => state === row["state"]) ?? "waiting",
    payload: String(row["payload"]),
    attempt: Number(row["attempt"]),
    attempts: Number(row["attempts"]),
    priority: Number(row["priority"]),
    key: textOf(row["key"]),
    addedAt: Number(row["added_at"]),
    runAt: Number(row["run_at"]),
    startedAt: numberOf(row["started_at"]),
    endedAt: numberOf(row["ended_at"]),
    progress: numberOf(row["progress"]),
    error: textOf(row["error"]),
    result: textOf(row["result"]),
  };
}

function textOf(value: DatabaseValue | undefined): string | null {
  return value == null ? null : String(value);
}

function numberOf(value: DatabaseValue | undefined): number | null {
  return value == null ? null : Number(value);
}
