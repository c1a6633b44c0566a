/**
 * What the master hears of tasks from a worker that runs them: it scales by that. Nothing while nothing happens; a few
 * times a second at most; at once when this worker has become full, because then another one may be wanted.
 */

import { messageOf } from "../../core/thrown.ts";
import { clip } from "../../protocol/framing.ts";
import type { TaskReport } from "../../protocol/task_messages.ts";
import { withTimeout } from "../../system/clock.ts";
import type { Clock } from "../../system/system.ts";
import type { TaskCounts, TaskStore } from "../../tasks/task_store.ts";
import type { TaskTallies } from "./task_tallies.ts";

interface ReportOptions {
  readonly clock: Clock;
  readonly store: Pick<TaskStore, "counts">;
  readonly tallies: TaskTallies;
  readonly concurrency: number;
  /** How many tasks run now. */
  readonly running: () => number;
  readonly send: (report: TaskReport) => void;
}

/** Milliseconds between two reports: of changes, when there may be too much to do, and while tasks run or wait. */
const intervals = { usual: 250, urgent: 25, steady: 1_000 } as const;

/** Milliseconds in which the store usually has stored what has just changed. */
const storeTime = 25;

/** Milliseconds that the last report waits for the store. */
const lastTimeout = 1_000;

export class TaskReports {
  readonly #options: ReportOptions;
  #problem: string | null = null;
  #sentAt = -Infinity;
  #isReporting = false;
  #isOver = false;
  #wasFull = false;
  #filledAt = -Infinity;
  /** When the next report is due, how soon that was wanted, and how to call it off. */
  #next: { readonly at: number; readonly interval: number; readonly cancel: () => void } | null = null;
  /** Something has changed since the last report was begun: how soon the next one is due after it. */
  #wanted: number | null = null;

  constructor(options: ReportOptions) {
    this.#options = options;
  }

  /** Tasks have begun or ended. */
  changed(): void {
    const isFull = this.#isFull;
    this.#want(isFull && !this.#wasFull && this.#isFilled() ? intervals.urgent : intervals.usual);
    this.#wasFull = isFull;
  }

  /** There are new tasks. */
  added(): void {
    this.#want(this.#isFull ? intervals.urgent : intervals.usual);
  }

  /** Why the store does not answer; `null` if it does. */
  state(problem: string | null): void {
    this.#problem = problem === null ? null : clip(problem);
    this.#want(intervals.urgent);
  }

  /** Sends what is not reported yet. From then on nothing is. */
  async finish(): Promise<void> {
    this.#isOver = true;
    this.#next?.cancel();
    await withTimeout(this.#options.clock, lastTimeout, this.#send());
  }

  get #isFull(): boolean {
    return this.#options.running() >= this.#options.concurrency;
  }

  /**
   * Whether that is news. A busy worker is full again after each task: with no-op tasks, 40 reports a second would ask
   * the store as often. These are at most eight.
   */
  #isFilled(): boolean {
    const now = this.#options.clock.monotonic();
    if (now - this.#filledAt < intervals.usual) return false;
    this.#filledAt = now;
    return true;
  }

  /** A report is due `interval` milliseconds after the last one, or soon if that is long ago. */
  #want(interval: number): void {
    if (this.#isOver) return;
    if (this.#isReporting) {
      this.#wanted = Math.min(this.#wanted ?? interval, interval);
      return;
    }
    // Most often, as tasks begin and end many times before the next report: without a look at the clock.
    if (this.#next !== null && this.#next.interval <= interval) return;
    const { clock } = this.#options;
    const now = clock.monotonic();
    const earliest = interval === intervals.urgent ? now : now + storeTime;
    const at = Math.max(earliest, this.#sentAt + interval);
    if (this.#next !== null) {
      if (this.#next.at <= at) return;
      this.#next.cancel();
    }
    const cancel = clock.after(at - now, () => void this.#report());
    this.#next = { at, interval, cancel };
  }

  async #report(): Promise<void> {
    this.#next = null;
    this.#isReporting = true;
    this.#sentAt = this.#options.clock.monotonic();
    const backlog = await this.#send();
    this.#isReporting = false;
    // What has ended here may not be stored yet: then the store still says that it runs.
    const isIdle = this.#options.running() === 0 && backlog?.waiting === 0 && backlog.running === 0;
    const next = this.#wanted ?? (isIdle ? null : intervals.steady);
    this.#wanted = null;
    if (next !== null) this.#want(next);
  }

  async #send(): Promise<TaskCounts | null> {
    const { store, tallies, running, send } = this.#options;
    let backlog: TaskCounts | null = null;
    let problem = this.#problem;
    try {
      backlog = await store.counts();
    } catch (error) {
      problem ??= clip(messageOf(error));
    }
    send({ running: running(), backlog, problem, tallies: tallies.take() });
    return backlog;
  }
}
