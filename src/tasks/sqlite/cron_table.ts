/** Tasks that are added again and again. Each function is a part of a transaction, so that one process does it for all. */

import type { Database, DatabaseRow } from "../../system/system.ts";
import { type CronState, cronStep, nextFiring } from "../../core/tasks/cron_schedule.ts";
import { messageOf } from "../../core/thrown.ts";
import { type CronTask, type NewTask, TaskStoreError } from "../task_store.ts";
import { addTask } from "./new_rows.ts";

/** From now on there are these entries. One whose schedule is the same as before goes on as before. */
export function replaceEntries(database: Database, entries: readonly CronTask[], now: number): void {
  const names = JSON.stringify(entries.map(({ name }) => name));
  database.run("DELETE FROM cron WHERE name NOT IN (SELECT value FROM json_each(?))", names);
  for (const entry of entries) {
    const timezone = entry.timezone ?? null;
    database.run(
      `INSERT INTO cron (name, schedule, timezone, task, next, computed_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET task = excluded.task,
         next = iif(schedule = excluded.schedule AND timezone IS excluded.timezone, next, excluded.next),
         computed_at = iif(schedule = excluded.schedule AND timezone IS excluded.timezone, computed_at, excluded.computed_at),
         schedule = excluded.schedule, timezone = excluded.timezone`,
      entry.name,
      entry.schedule,
      timezone,
      JSON.stringify(entry.task),
      nextOf(entry.name, entry.schedule, timezone, now),
      now,
    );
  }
}

/** Adds the tasks that are due. Returns how many. */
export function addDue(database: Database, now: number): number {
  let added = 0;
  for (const row of database.rows("SELECT * FROM cron")) {
    const [name, schedule] = [String(row["name"]), String(row["schedule"])];
    const timezone = row["timezone"] === null ? null : String(row["timezone"]);
    const step = cronStep(stateOf(row), now, (from) => nextOf(name, schedule, timezone, from));
    if (step === null) continue;
    database.run(
      "UPDATE cron SET next = ?, computed_at = ? WHERE name = ?",
      step.state.next,
      step.state.computedAt,
      name,
    );
    if (!step.isDue) continue;
    addTask(database, taskOf(row), now);
    added++;
  }
  return added;
}

function stateOf(row: DatabaseRow): CronState {
  return {
    next: row["next"] == null ? null : Number(row["next"]),
    computedAt: Number(row["computed_at"]),
  };
}

function taskOf(row: DatabaseRow): NewTask {
  return JSON.parse(String(row["task"]));
}

function nextOf(name: string, schedule: string, timezone: string | null, from: number): number | null {
  try {
    return nextFiring(schedule, timezone, from);
  } catch (error) {
    throw new TaskStoreError(
      `cannot schedule ${name}: "${schedule}" (${timezone ?? "local time"}): ${
        messageOf(error)
      }: correct the entry`,
    );
  }
}
