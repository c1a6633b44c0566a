/** Removes tasks that are done, a few at a time. */

import type { Database } from "../../system/system.ts";

/** Done tasks without a key are only for operators to look at; with a key, they keep a task from being added again. */
const mostWithoutKey = 10_000;
/** Removing one takes 10 µs. */
const prunedAtOnce = 200;

/** True if there is more to remove. */
export function prune(database: Database, now: number, retention: number): boolean {
  const [withoutKey = {}] = database.rows(
    "SELECT count FROM task_count WHERE state = 'done' AND is_keyed = 0",
  );
  const excess = Math.max(0, Math.min(Number(withoutKey["count"]) - mostWithoutKey, prunedAtOnce));
  const removed = [
    database.run(removal("key IS NULL", ""), excess),
    database.run(removal("key IS NULL", "AND ended_at <= ?"), now - retention, prunedAtOnce),
    database.run(removal("key IS NOT NULL", "AND ended_at <= ?"), now - retention, prunedAtOnce),
  ];
  return removed.includes(prunedAtOnce);
}

function removal(which: string, further: string): string {
  return `DELETE FROM task WHERE id IN (
    SELECT id FROM task WHERE state = 'done' AND ${which} ${further} ORDER BY ended_at LIMIT ?)`;
}
