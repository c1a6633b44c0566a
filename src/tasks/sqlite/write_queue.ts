/**
 * All writes of one process. What is asked for in one turn of the event loop is one transaction (group commit), because
 * what costs is the commit: it waits for the disk.
 */

import type { Database, System } from "../../system/system.ts";
import { sleep } from "../../system/clock.ts";
import { TaskStoreError } from "../task_store.ts";
import { isBusy, isOfFile, problemOf } from "./store_problems.ts";
import type { StoreFile } from "./store_file.ts";

type Work<T> = (database: Database) => T;

interface Job {
  /** Completes "cannot …". */
  readonly action: string;
  readonly work: Work<unknown>;
  readonly mustLast: boolean;
  /** On the monotonic clock. Infinity: it is tried again whatever happens. */
  readonly deadline: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: TaskStoreError) => void;
}

/** Milliseconds between attempts to get the lock: from `shortest`, doubled each time. */
const lockPause = { shortest: 1, longest: 64 };
/** Milliseconds after which a lock that cannot be had counts as a problem: less than those who take tasks wait for it. */
const longestLock = 4000;
/** Milliseconds between attempts after other failures. */
const failurePause = { shortest: 1000, longest: 30_000 };
/** A commit that takes longer than this many milliseconds is followed by a pause as long, so that the event loop gets its turns. */
const quickCommit = 2;
const longestRest = 20;

export class WriteQueue {
  readonly #system: System;
  readonly #file: StoreFile;
  readonly #onState: (problem: string | null) => void;
  #waiting: Job[] = [];
  /** They have failed, and are tried again after a while. */
  #failed: Job[] = [];
  #isScheduled = false;
  #isClosed = false;
  #cancelFlush: (() => void) | null = null;
  #cancelRetry: (() => void) | null = null;
  #failures = 0;
  #lockAttempts = 0;
  #lockedSince: number | null = null;
  #rest = 0;

  /**
   * `onState`: with a problem that begins or goes on, and with `null` when something was written and nothing is left that
   * could not be. Only its caller learns what `writeToLast` fails with.
   */
  constructor(system: System, file: StoreFile, onState: (problem: string | null) => void) {
    this.#system = system;
    this.#file = file;
    this.#onState = onState;
  }

  /**
   * Resolves when no failure of the power can undo it. Rejects with TaskStoreError. `timeout`: milliseconds to wait for a
   * lock that another process holds.
   */
  writeToLast<T>(action: string, timeout: number, work: Work<T>): Promise<T> {
    return this.#add(action, timeout, true, work);
  }

  /** The same for what a failure of the power may undo. */
  write<T>(action: string, timeout: number, work: Work<T>): Promise<T> {
    return this.#add(action, timeout, false, work);
  }

  /** As `write`, and it is tried until it works, or until the queue is closed. */
  keep<T>(action: string, work: Work<T>): Promise<T> {
    return this.#add(action, Infinity, false, work);
  }

  #add<T>(action: string, timeout: number, mustLast: boolean, work: Work<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (this.#isClosed) {
      return Promise.reject(new TaskStoreError(`cannot ${action}: the task store is closed`));
    }
    const deadline = this.#system.clock.monotonic() + timeout;
    this.#waiting.push({ action, work, mustLast, deadline, resolve, reject });
    this.#schedule();
    return promise as Promise<T>;
  }

  /** Reads at once, beside any writes. */
  async read<T>(action: string, timeout: number, work: Work<T>): Promise<T> {
    const { clock } = this.#system;
    const deadline = clock.monotonic() + timeout;
    await this.#file.load().catch((error) => {
      throw this.#problem(action, error);
    });
    for (let pause = lockPause.shortest;; pause = Math.min(2 * pause, lockPause.longest)) {
      if (this.#isClosed) throw new TaskStoreError(`cannot ${action}: the task store is closed`);
      try {
        return work(this.#file.database());
      } catch (error) {
        if (!isBusy(error) || clock.monotonic() + pause > deadline) throw this.#problem(action, error);
      }
      await sleep(clock, pause);
    }
  }

  /** Tries what waits once more, and closes the file. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#cancelRetry?.();
    this.#cancelFlush?.();
    const isLoaded = await this.#file.load().then(() => true, () => false);
    this.#waiting.push(...this.#failed.splice(0));
    if (isLoaded) this.#flush();
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#cancelFlush?.();
    for (const { action, reject } of [...this.#waiting.splice(0), ...this.#failed.splice(0)]) {
      reject(new TaskStoreError(`cannot ${action}: the task store was closed before it worked`));
    }
    this.#file.drop();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    if (this.#rest > 0) return this.#flushIn(this.#rest);
    this.#isScheduled = true;
    void this.#file.load().then(
      ({ afterTurn }) => afterTurn(() => this.#flush()),
      (error) => this.#failAll(error),
    );
  }

  #failAll(error: unknown): void {
    this.#isScheduled = false;
    for (const job of this.#waiting.splice(0)) this.#fail(job, error);
  }

  #flushIn(ms: number): void {
    this.#isScheduled = true;
    this.#cancelFlush = this.#system.clock.after(ms, () => this.#flush());
  }

  #flush(): void {
    this.#isScheduled = false;
    this.#cancelFlush = null;
    const jobs = this.#waiting.splice(0);
    if (jobs.length === 0 || this.#isClosed) return;
    const { clock } = this.#system;
    const begin = clock.monotonic();
    this.#attempt(jobs);
    const took = clock.monotonic() - begin;
    this.#rest = took > quickCommit ? Math.min(took, longestRest) : 0;
  }

  #attempt(jobs: readonly Job[]): void {
    let results: unknown[];
    try {
      const mustLast = jobs.some((job) => job.mustLast);
      results = this.#file.write(mustLast, (database) => jobs.map(({ work }) => work(database)));
    } catch (error) {
      if (isBusy(error)) return this.#locked(jobs, error);
      // One of them may be the cause, as a payload that the disk has no space for.
      if (jobs.length > 1) return jobs.forEach((job) => this.#attempt([job]));
      return jobs.forEach((job) => this.#fail(job, error));
    }
    jobs.forEach(({ resolve }, index) => resolve(results[index]));
    this.#worked();
  }

  #worked(): void {
    this.#lockAttempts = 0;
    this.#lockedSince = null;
    // What is large may still fail where something small has worked.
    if (this.#failed.length > 0) return;
    this.#failures = 0;
    this.#onState(null);
  }

  #locked(jobs: readonly Job[], error: unknown): void {
    const now = this.#system.clock.monotonic();
    this.#lockedSince ??= now;
    if (now - this.#lockedSince > longestLock) this.#problem("write to the task store", error);
    const remaining = jobs.filter(({ deadline }) => deadline > now);
    for (const { action, deadline, reject } of jobs) {
      if (deadline <= now) reject(problemOf(action, this.#file.path, error));
    }
    this.#waiting = [...remaining, ...this.#waiting];
    if (this.#waiting.length === 0) this.#lockedSince = null;
    if (this.#waiting.length === 0 || this.#isScheduled) return;
    const pause = Math.min(lockPause.shortest * 2 ** this.#lockAttempts++, lockPause.longest);
    // Processes that wait for the same lock do not come back together.
    this.#flushIn(pause * (0.5 + this.#system.host.random()));
  }

  #fail(job: Job, error: unknown): void {
    const problem = this.#problem(job.action, error, !job.mustLast);
    if (job.deadline !== Infinity) return job.reject(problem);
    this.#failed.push(job);
    if (this.#cancelRetry !== null) return;
    const pause = Math.min(failurePause.shortest * 2 ** this.#failures++, failurePause.longest);
    this.#cancelRetry = this.#system.clock.after(pause, () => this.#retry());
  }

  #retry(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#waiting.push(...this.#failed.splice(0));
    this.#schedule();
  }

  /** The file is opened again after a failure that may be its own: it may be mended, or its directory made writable. */
  #problem(action: string, error: unknown, isShown = true): TaskStoreError {
    if (isOfFile(error)) this.#file.drop();
    const problem = problemOf(action, this.#file.path, error);
    if (isShown) this.#onState(problem.message);
    return problem;
  }
}
