/** What two statuses say about tasks in the time between them, for the charts of the dashboard. */

import { quantile } from "../../core/telemetry/latency_histogram.ts";
import type { Status } from "../../core/telemetry/status.ts";
import type { TaskTotals } from "../../core/telemetry/task_status.ts";
import { isSameMaster, perSecond } from "./samples.ts";

export interface TaskSample {
  readonly at: number;
  /** Attempts that ended each second. */
  readonly rate: number | null;
  /** Of the attempts that ended since the previous sample. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** These three are null while the store does not answer. */
  readonly waiting: number | null;
  readonly running: number | null;
  readonly dead: number | null;
  readonly ready: number;
  readonly target: number;
}

/** `null` if the app has no tasks. */
export function taskSampleOf(before: Status | null, now: Status): TaskSample | null {
  const { at, tasks } = now;
  if (tasks === null) return null;
  const then = before !== null && isSameMaster(before, now) ? before.tasks : null;
  const isContinued = before !== null && then !== null;
  const durations = isContinued ? difference(sumOf(then.totals), sumOf(tasks.totals)) : [];
  return {
    at,
    rate: isContinued ? perSecond(endedOf(then.totals), endedOf(tasks.totals), at - before.at) : null,
    p50: quantile(durations, 0.5),
    p99: quantile(durations, 0.99),
    waiting: tasks.store?.waiting ?? null,
    running: tasks.store?.running ?? null,
    dead: tasks.store?.dead ?? null,
    ready: tasks.workers.filter(({ state }) => state === "ready").length,
    target: tasks.target,
  };
}

/** How many attempts have ended. */
function endedOf(totals: readonly TaskTotals[]): number {
  return totals.reduce((sum, { done, retried, dead }) => sum + done + retried + dead, 0);
}

/** Durations of all tasks together. */
function sumOf(totals: readonly TaskTotals[]): number[] {
  const sum: number[] = [];
  for (const { durations } of totals) {
    durations.forEach((count, bucket) => sum[bucket] = (sum[bucket] ?? 0) + count);
  }
  return sum;
}

function difference(then: readonly number[], now: readonly number[]): number[] {
  return now.map((count, bucket) => count - (then[bucket] ?? 0));
}
