/**
 * Where tasks wait: what every store can do. The stores are in the rooms `sqlite/` and `bullmq/`; they pass the same tests,
 * `tests/tasks/store_contract.ts`. A task that was added is run at least once, also if the process that runs it is killed.
 */

import type { TaskCounts, TaskInfo, TaskState } from "../core/tasks/task_info.ts";

import type { TaskAbort } from "./task_abort.ts";

export { type TaskCounts, type TaskInfo, type TaskState, taskStates } from "../core/tasks/task_info.ts";

export interface NewTask {
  readonly name: string;
  /** As `encodePayload` writes it. */
  readonly payload: string;
  /** Not before this time, in milliseconds since 1970; 0 for at once. */
  readonly runAt: number;
  /** How often it is tried again after a failure. */
  readonly retries: number;
  /** Milliseconds until the first retry; see `src/core/tasks/retry.ts`. */
  readonly backoff: number;
  /** From 0 to `lowestPriority` of `src/core/tasks/task_limits.ts`: tasks with smaller numbers run first. */
  readonly priority: number;
  /** Milliseconds for each attempt; 0 for no limit. */
  readonly timeout: number;
  /** A task with the key of one that is known already is not added; the id is that of the known one. `null` for none. */
  readonly key: string | null;
}

/** One that a consumer has taken. */
export interface TakenTask {
  readonly id: string;
  readonly name: string;
  /** Its payload, as `decodePayload` reads it: once, as the task may change it. Throws SyntaxError for what is not JSON. */
  payload(): unknown;
  /** From 1. */
  readonly attempt: number;
  /** How many attempts there are at most. */
  readonly attempts: number;
  readonly timeout: number;
  /** The store aborts it when the task was cancelled, or is not this process's any more, and who runs it at the timeout. */
  readonly abort: TaskAbort;
  /** Stores how far it is: the last value counts, and not every one is written. */
  progress(value: number): void;
}

/** Resolves with the result, as `encodePayload` writes it; rejects with `TaskFailure` or `TaskPutOff`. */
export type RunTask = (task: TakenTask) => Promise<string | null>;

/** Why an attempt failed. */
export class TaskFailure extends Error {
  /** True: it is not tried again. */
  readonly isFinal: boolean;

  /** `text` is shown to operators: a title, and perhaps a stack. */
  constructor(text: string, isFinal = false) {
    super(text);
    this.isFinal = isFinal;
  }
}

/** This process cannot run the task, but another one may: it is delayed, and the attempt does not count. */
export class TaskPutOff extends Error {
  /** In milliseconds. */
  readonly pause: number;

  constructor(text: string, pause: number) {
    super(text);
    this.pause = pause;
  }
}

export interface ConsumerOptions {
  /** How many tasks it runs at a time. */
  readonly concurrency: number;
  /** Names this process: its tasks can be given back when it is gone. */
  readonly owner: string;
  readonly run: RunTask;
  /** The store does not answer, or answers again; in the first case with the reason. */
  readonly onState: (problem: string | null) => void;
  /** A task that died without an attempt that this process ran: its workers were killed too often. */
  readonly onDead: (task: Pick<TakenTask, "id" | "name">, error: string) => void;
}

/** Takes tasks and runs them. */
export interface Consumer {
  /** There may be new tasks. */
  wake(): void;
  /** The process `owner` is gone: what it ran may be taken by others at once. */
  release(owner: string): void;
  /** Takes no more tasks. Resolves when those that run have ended and that is stored. */
  stop(): Promise<void>;
  /** After `stop`: gives those that still run back, so that others can take them at once. The attempt does not count. */
  giveBack(): Promise<void>;
  readonly running: readonly TakenTask[];
}

/** A task that is added again and again. */
export interface CronTask {
  readonly name: string;
  /** Five or six fields, as `croner` reads them. */
  readonly schedule: string;
  /** IANA name; `undefined` for the time zone of the process. */
  readonly timezone: string | undefined;
  readonly task: NewTask;
}

/** All methods reject with `TaskStoreError`. */
export interface TaskStore {
  /** For messages; without a password. */
  readonly place: string;
  /** Its consumers hear of new tasks by themselves, in all processes. */
  readonly wakesConsumers: boolean;
  /** Resolves with their ids, when they cannot be lost any more. `patience`: milliseconds to wait for a store that is away. */
  add(tasks: readonly NewTask[], patience: number): Promise<readonly string[]>;
  /** Once for each process. */
  consume(options: ConsumerOptions): Consumer;
  counts(): Promise<TaskCounts>;
  /** The oldest first where they wait, the newest first where they have ended. */
  list(state: TaskState, limit: number): Promise<readonly TaskInfo[]>;
  show(id: string): Promise<TaskInfo | null>;
  /** Tries dead tasks again, with all attempts; all of them without an id. Resolves with their number. */
  retry(id: string | null): Promise<number>;
  /** Removes a task that waits, or aborts one that runs: it is not tried again. False if there is none to cancel. */
  cancel(id: string): Promise<boolean>;
  /** Removes all tasks of a state other than `running`. Resolves with their number. */
  purge(state: Exclude<TaskState, "running">): Promise<number>;
  /** No consumer takes tasks until `resume`; those that run go on. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** From now on these are the tasks that are added again and again, once for all processes that share the store. */
  schedule(entries: readonly CronTask[]): Promise<void>;
  close(): Promise<void>;
}

/** What keeps a store from doing what it was asked. The message says the action, the cause, and what to do. */
export class TaskStoreError extends Error {
  override readonly name = "TaskStoreError";
}

/** What stores need to know of the settings. */
export interface StoreOptions {
  /** Milliseconds after which a task counts as lost whose process has not said that it still runs it. */
  readonly lease: number;
  /** Milliseconds for which tasks that are done are kept. */
  readonly retention: number;
}
