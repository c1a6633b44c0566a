/** What the status says of tasks; the task workers are in it as `WorkerStatus` (`Worker`). */

import type { TaskCounts } from "../tasks/task_info.ts";

/**
 * `started`: attempts that have begun. `retried`: attempts that failed, and are tried again. `dead`: tasks that failed for
 * the last time.
 */
export const taskCounters = ["started", "done", "retried", "dead"] as const;
export type TaskCounters = Readonly<Record<typeof taskCounters[number], number>>;

/** Since the start of the master. */
export interface TaskTotals extends TaskCounters {
  readonly name: string;
  /** Attempts by duration, in the buckets of `latency_histogram.ts`. */
  readonly durations: readonly number[];
  /** Attempts that ended each second, in the last minute. */
  readonly rate: number;
  /** Percentiles of the durations of attempts, in milliseconds; null before the first has ended. */
  readonly p50: number | null;
  readonly p99: number | null;
}

export interface TaskStatus<Worker> {
  /** How many task workers there should be. */
  readonly target: number;
  readonly workers: readonly Worker[];
  /** As a worker has last seen it. Null before the first report of a worker, and while the store answers no worker. */
  readonly store: TaskCounts | null;
  /** Why the store does not answer a worker; null if it answers all. */
  readonly problem: string | null;
  readonly totals: readonly TaskTotals[];
}
