/** What is known of a task in a store; workers read it, and operators see it. */

export const taskStates = ["waiting", "delayed", "running", "done", "dead"] as const;
/** `dead`: it has failed for the last time. `delayed`: it waits for a time, also for its next attempt. */
export type TaskState = typeof taskStates[number];

/** How many tasks of each state are in a store. */
export interface TaskCounts extends Readonly<Record<TaskState, number>> {
  /** Milliseconds that the task waits that waits for the longest; 0 if none does. */
  readonly oldest: number;
  readonly isPaused: boolean;
}

/** Times are milliseconds since 1970, `null` if they have not come. */
export interface TaskInfo {
  readonly id: string;
  readonly name: string;
  readonly state: TaskState;
  readonly payload: string;
  /** Attempts that have begun. */
  readonly attempt: number;
  readonly attempts: number;
  readonly priority: number;
  readonly key: string | null;
  readonly addedAt: number;
  readonly runAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly progress: number | null;
  /** Of the last attempt that failed. */
  readonly error: string | null;
  readonly result: string | null;
}
