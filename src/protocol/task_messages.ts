/** What master and workers say about tasks. The master opens no store: it asks a worker. */

import type { TaskCounts } from "../core/tasks/task_info.ts";
import type { TaskCounters } from "../core/telemetry/task_status.ts";
import type { TaskPlace } from "../settings/kinds/task_place.ts";

/** What a worker needs for tasks. Durations in milliseconds. */
export interface TaskConfig {
  /** True: it takes tasks and runs them. False: it only adds tasks. */
  readonly runs: boolean;
  /** Whether any worker of this server takes tasks. */
  readonly areTaken: boolean;
  /** With the password of Redis, which is nowhere but in this message. */
  readonly store: TaskPlace;
  /** The file that stands for the store `memory:`. */
  readonly memory: string;
  /** Names this process among all that use the store. */
  readonly owner: string;
  readonly concurrency: number;
  readonly lease: number;
  readonly retention: number;
  /** In bytes, of a payload or a result. */
  readonly sizeLimit: number;
}

/** What an operator wants to know or to do; a worker asks the store. */
export type TaskRequest =
  | { readonly do: "counts" | "pause" | "resume" }
  | { readonly do: "list"; readonly state: string; readonly limit: number }
  | { readonly do: "show" | "cancel"; readonly id: string }
  | { readonly do: "retry"; readonly id: string | null }
  | { readonly do: "purge"; readonly state: string }
  | { readonly do: "add"; readonly name: string; readonly payload: unknown; readonly options: unknown };

/** How tasks of one name have ended in a worker since its last report. */
export interface TaskTally extends TaskCounters {
  readonly name: string;
  /** Attempts by duration, in the buckets of `latency_histogram.ts`; empty if none has ended. */
  readonly durations: readonly number[];
}

/** Sent at most a few times a second, and only by workers that run tasks, when something has changed. */
export interface TaskReport {
  /** How many tasks this worker runs now. */
  readonly running: number;
  /** `null` if the store does not answer. */
  readonly backlog: TaskCounts | null;
  /** Why the store does not answer; `null` if it does. */
  readonly problem: string | null;
  readonly tallies: readonly TaskTally[];
}

/** In characters: with the rest of its message it fits into a frame. */
export const longestTaskAnswer = 900_000;

export const longestTaskName = 200;

/** How many tasks an app may have, and a report may name. */
export const mostTaskNames = 1_000;
