/** What the status says of tasks; the task workers are in it as `WorkerStatus` (`Worker`). */

export interface TaskCounters {
  /** Attempts that have begun. */
  readonly started: number;
  readonly done: number;
  /** Attempts that failed, and are tried again. */
  readonly retried: number;
  /** Tasks that failed for the last time. */
  readonly dead: number;
}

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

/** What is in the store, as a worker has last seen it. */
interface TasksInStore {
  readonly waiting: number;
  readonly delayed: number;
  readonly running: number;
  readonly done: number;
  readonly dead: number;
  /** Milliseconds that the oldest waiting task waits. */
  readonly oldest: number;
  readonly isPaused: boolean;
}

export interface TaskStatus<Worker> {
  /** How many task workers there should be. */
  readonly target: number;
  readonly workers: readonly Worker[];
  /** Null before the first report of a worker, and while the store does not answer. */
  readonly store: TasksInStore | null;
  /** Why the store does not answer; null if it does. */
  readonly problem: string | null;
  readonly totals: readonly TaskTotals[];
}
