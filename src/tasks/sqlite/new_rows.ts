import type { Database } from "../../system/system.ts";
import type { NewTask } from "../task_store.ts";

/** Adds a task, unless there is one with its key. Returns its id, or that of the one with its key. */
export function addTask(database: Database, task: NewTask, now: number): string {
  const [added] = database.rows(
    `INSERT INTO task (state, priority, run_at, attempts, backoff, timeout, added_at, name, key, payload)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) WHERE key IS NOT NULL DO NOTHING RETURNING id`,
    task.runAt > now ? "delayed" : "waiting",
    task.priority,
    Math.max(task.runAt, now),
    task.retries + 1,
    task.backoff,
    task.timeout,
    now,
    task.name,
    task.key,
    task.payload,
  );
  const [row = {}] = added === undefined
    ? database.rows("SELECT id FROM task WHERE key = ?", task.key)
    : [added];
  return String(row["id"]);
}
