/** What workers have reported about tasks, for status, metrics and autoscaling. */

import type { CountedTask } from "../../core/telemetry/counted_before.ts";
import { bucketCount, quantile } from "../../core/telemetry/latency_histogram.ts";
import type { TaskCounts } from "../../core/tasks/task_info.ts";
import { type TaskCounters, taskCounters, type TaskTotals } from "../../core/telemetry/task_status.ts";
import { mostTaskNames, type TaskReport, type TaskTally } from "../../protocol/task_messages.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";

/** Milliseconds over which rates are measured, and how many parts that time has. */
const rateWindow = 60_000;
const rateParts = 12;

interface Counted extends Record<keyof TaskCounters, number> {
  readonly durations: number[];
  /** Ended attempts by part of the window; `part` says which one was counted last. */
  readonly recent: number[];
  part: number;
}

export class TaskStatistics {
  readonly #byName = new Map<string, Counted>();
  /** What an old master has counted. */
  #before: readonly CountedTask[] = [];
  /** The last report of each worker, the newest at the end. */
  readonly #reports = new Map<WorkerHandle, TaskReport>();

  /** As it was reported last; `null` before the first report, and while the store answers no worker. */
  get backlog(): TaskCounts | null {
    return Array.from(this.#reports.values()).findLast(({ backlog }) => backlog !== null)?.backlog ?? null;
  }

  /** Why the store does not answer a worker; `null` if it answers all. */
  get problem(): string | null {
    return Array.from(this.#reports.values()).findLast(({ problem }) => problem !== null)?.problem ?? null;
  }

  /** Tasks that the workers of this server run. */
  get running(): number {
    let sum = 0;
    for (const { running } of this.#reports.values()) sum += running;
    return sum;
  }

  /** Returns true if the store has stopped to answer, or answers again. `now`: by the monotonic clock. */
  add(worker: WorkerHandle, report: TaskReport, now: number): boolean {
    for (const tally of report.tallies) this.#count(tally, now);
    return this.#changes(() => {
      this.#reports.delete(worker);
      this.#reports.set(worker, report);
    });
  }

  /** Returns true as `add` does. */
  forget(worker: WorkerHandle): boolean {
    return this.#changes(() => void this.#reports.delete(worker));
  }

  #changes(change: () => void): boolean {
    const before = this.problem === null;
    change();
    return (this.problem === null) !== before;
  }

  /** What an old master has counted counts here, too; given again, it replaces what was given before. */
  carryOn(before: readonly CountedTask[]): void {
    this.#before = before.slice(0, mostTaskNames);
    for (const { name } of this.#before) if (!this.#byName.has(name)) this.#byName.set(name, newCounted());
  }

  /** By name, in the order in which they were first seen. */
  totals(now: number): readonly TaskTotals[] {
    return Array.from(this.#byName, ([name, counted]) => {
      const before = this.#before.find((task) => task.name === name);
      const durations = counted.durations.map((count, bucket) => count + (before?.durations[bucket] ?? 0));
      moveTo(counted, now);
      const ended = counted.recent.reduce((sum, count) => sum + count, 0);
      const counts = taskCounters.map((key) => [key, counted[key] + (before?.[key] ?? 0)]);
      return {
        ...{ name, ...Object.fromEntries(counts) as TaskCounters, durations },
        rate: ended / (rateWindow / 1000),
        p50: quantile(durations, 0.5),
        p99: quantile(durations, 0.99),
      };
    });
  }

  #count(tally: TaskTally, now: number): void {
    // Tasks of an app have names of the app, but reports come from processes that run it.
    if (!this.#byName.has(tally.name) && this.#byName.size >= mostTaskNames) return;
    const counted = this.#byName.get(tally.name) ?? newCounted();
    this.#byName.set(tally.name, counted);
    for (const key of taskCounters) counted[key] += tally[key];
    tally.durations.forEach((count, bucket) => counted.durations[bucket]! += count);
    moveTo(counted, now);
    counted.recent[counted.part % rateParts]! += tally.done + tally.retried + tally.dead;
  }
}

function newCounted(): Counted {
  return {
    ...{ started: 0, done: 0, retried: 0, dead: 0, part: 0 },
    durations: new Array(bucketCount).fill(0),
    recent: new Array(rateParts).fill(0),
  };
}

/** Empties the parts of the window that are over. */
function moveTo(counted: Counted, now: number): void {
  const part = Math.floor(now / (rateWindow / rateParts));
  const over = Math.min(part - counted.part, rateParts);
  for (let step = 1; step <= over; step++) counted.recent[(counted.part + step) % rateParts] = 0;
  counted.part = part;
}
