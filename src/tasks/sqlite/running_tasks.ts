/** The tasks that this process runs, from the moment they are taken until their end is stored. */

import { retryDelay } from "../../core/tasks/retry.ts";
import { messageOf } from "../../core/thrown.ts";
import type { Database, System } from "../../system/system.ts";
import { decodePayload } from "../payload.ts";
import { TaskAbort } from "../task_abort.ts";
import { type RunTask, type TakenTask, TaskFailure, TaskPutOff } from "../task_store.ts";
import { type ClaimedRow, complete, fail, giveBack, noteProgress } from "./claims.ts";
import { renew } from "./leases.ts";
import type { WriteQueue } from "./write_queue.ts";

/** Characters of an error that are kept. */
const longestError = 16_384;
/** Milliseconds between two writes of how far tasks are. */
const progressPause = 1000;
/** Milliseconds to wait for a lock, for what is tried again anyway. */
const timeout = 1000;

interface RunningTask {
  readonly row: ClaimedRow;
  readonly task: TakenTask;
  progress: number | null;
  hasNewProgress: boolean;
}

export class RunningTasks {
  readonly #system: System;
  readonly #queue: WriteQueue;
  readonly #options: { readonly owner: string; readonly run: RunTask };
  readonly #isKept: boolean;
  readonly #onEnd: (isRetried: boolean) => void;
  readonly #running = new Map<number, RunningTask>();
  /** They have ended, and that is not stored yet. */
  readonly #ending = new Set<RunningTask>();
  /** By id and claim: what the file says is this process's, and this process did not know of at the last renewal. */
  #strangers = new Set<string>();
  #cancelProgress: (() => void) | null = null;
  #awaitingEnd: (() => void)[] = [];

  /** `isKept`: whether tasks that are done stay in the store. `onEnd` is called after each task. */
  constructor(
    system: System,
    queue: WriteQueue,
    options: { readonly owner: string; readonly run: RunTask },
    isKept: boolean,
    onEnd: (isRetried: boolean) => void,
  ) {
    this.#system = system;
    this.#queue = queue;
    this.#options = options;
    this.#isKept = isKept;
    this.#onEnd = onEnd;
  }

  get size(): number {
    return this.#running.size;
  }

  /** Nothing may run beside what runs. */
  get isAlone(): boolean {
    for (const { row } of this.#running.values()) return row.isSuspect;
    return false;
  }

  list(): readonly TakenTask[] {
    return Array.from(this.#running.values(), ({ task }) => task);
  }

  start(row: ClaimedRow): void {
    const running: RunningTask = {
      row,
      progress: null,
      hasNewProgress: false,
      task: {
        id: String(row.id),
        name: row.name,
        payload: () => decodePayload(row.payload),
        attempt: row.attempt,
        attempts: row.attempts,
        timeout: row.timeout,
        abort: new TaskAbort(),
        progress: (value) => this.#progressed(running, value),
      },
    };
    this.#running.set(row.id, running);
    void this.#run(running);
  }

  /** An operator has cancelled it. */
  abort(id: number): void {
    this.#running.get(id)?.task.abort.abort(new Error("the task was cancelled"));
  }

  /** Says that this process still runs its tasks, and learns which of them are not its own any more. */
  async renew(leaseUntil: () => number): Promise<void> {
    if (this.#running.size + this.#ending.size + this.#strangers.size === 0) return;
    const asked = [...this.#running.values()];
    const rows = await this.#queue.write(
      "renew the leases of running tasks",
      timeout,
      (database) => renew(database, this.#options.owner, leaseUntil()),
    );
    const held = new Set(rows.map(nameOf));
    for (const running of asked) {
      if (!held.has(nameOf(running.row))) this.#abandon(running, "the task is another process's by now");
    }
    for (const { id, isCancelled } of rows) {
      if (isCancelled) this.abort(id);
    }
    await this.#returnStrangers(rows);
  }

  /** Forgets all tasks that run, whose signals abort, and returns them. */
  abandonAll(): ClaimedRow[] {
    const all = [...this.#running.values()];
    for (const running of all) this.#abandon(running, "the task is given back");
    return all.map(({ row }) => row);
  }

  /** It is not known whether tasks were taken: the next renewals find those that were, and give them back. */
  doubt(): void {
    this.#strangers.add("");
  }

  /** Nothing is written any more. */
  close(): void {
    this.#cancelProgress?.();
  }

  /** Resolves when no task runs and the end of each is stored. */
  async ended(): Promise<void> {
    if (this.#running.size + this.#ending.size === 0) return;
    await new Promise<void>((resolve) => this.#awaitingEnd.push(resolve));
  }

  async #run(running: RunningTask): Promise<void> {
    const { row, task } = running;
    const end = await startOf(this.#options.run, task).then(
      (result) => this.#completion(running, result),
      (error) => this.#failure(running, error),
    );
    if (this.#running.get(row.id) !== running) return;
    this.#running.delete(row.id);
    this.#ending.add(running);
    const stored = this.#queue.keep(`store the end of the task ${row.name}`, end.store);
    this.#onEnd(false);
    // It is rejected when the store is closed before: the lease ends, and another process runs the task again.
    await stored.catch(() => {});
    this.#ending.delete(running);
    if (end.isRetried) this.#onEnd(true);
    this.#tellEnd();
  }

  #completion(running: RunningTask, result: string | null) {
    const now = this.#system.clock.wall();
    return {
      isRetried: false,
      store: (database: Database) =>
        complete(database, running.row, { now, result, progress: running.progress }, this.#isKept),
    };
  }

  #failure(running: RunningTask, thrown: unknown) {
    const { clock, host } = this.#system;
    const { row } = running;
    const now = clock.wall();
    const isPutOff = thrown instanceof TaskPutOff;
    const isFinal = thrown instanceof TaskFailure && thrown.isFinal;
    const isRetried = isPutOff || (row.attempt < row.attempts && !isFinal);
    const pause = isPutOff ? thrown.pause : retryDelay(row.attempt, row.backoff, host.random());
    const retryAt = isRetried ? now + pause : null;
    const error = messageOf(thrown).slice(0, longestError);
    return {
      isRetried,
      store: (database: Database) =>
        fail(database, row, { now, error, progress: running.progress, retryAt, isPutOff }),
    };
  }

  #abandon(running: RunningTask, why: string): void {
    if (this.#running.get(running.row.id) !== running) return;
    this.#running.delete(running.row.id);
    running.task.abort.abort(new Error(why));
    this.#onEnd(false);
    this.#tellEnd();
  }

  #tellEnd(): void {
    if (this.#running.size + this.#ending.size === 0) {
      this.#awaitingEnd.splice(0).forEach((resolve) => resolve());
    }
  }

  /**
   * A claim whose outcome this process did not learn would be renewed for ever. A task that is only just taken may be
   * unknown once, but not at two renewals.
   */
  async #returnStrangers(rows: readonly { readonly id: number; readonly claim: number }[]): Promise<void> {
    const known = new Set([...this.#running.values(), ...this.#ending].map(({ row }) => nameOf(row)));
    const strangers = rows.filter((row) => !known.has(nameOf(row)));
    const returned = strangers.filter((row) => this.#strangers.has(nameOf(row)));
    this.#strangers = new Set(strangers.map(nameOf));
    if (returned.length === 0) return;
    const now = this.#system.clock.wall();
    await this.#queue.write("give tasks back", timeout, (database) => giveBack(database, returned, now));
  }

  #progressed(running: RunningTask, value: number): void {
    running.progress = value;
    running.hasNewProgress = true;
    this.#cancelProgress ??= this.#system.clock.after(progressPause, () => this.#storeProgress());
  }

  #storeProgress(): void {
    this.#cancelProgress = null;
    const news = [...this.#running.values()].filter(({ hasNewProgress }) => hasNewProgress);
    for (const running of news) running.hasNewProgress = false;
    if (news.length === 0) return;
    const store = (database: Database) => {
      for (const { row, progress } of news) noteProgress(database, row, progress ?? 0);
    };
    // The next value comes soon, and the end of the task stores the last one.
    void this.#queue.write("store the progress of tasks", timeout, store).catch(() => {});
  }
}

function nameOf({ id, claim }: { readonly id: number; readonly claim: number }): string {
  return `${id}:${claim}`;
}

/** Rejects also if `run` throws instead. */
async function startOf(run: RunTask, task: TakenTask): Promise<string | null> {
  return await run(task);
}
