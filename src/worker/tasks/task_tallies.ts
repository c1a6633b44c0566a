/** How the tasks of this worker have ended since its last report, by their names. */

import { bucketCount, bucketOf } from "../../core/telemetry/latency_histogram.ts";
import type { TaskCounters } from "../../core/telemetry/task_status.ts";
import { longestTaskName, mostTaskNames, type TaskTally } from "../../protocol/task_messages.ts";

interface Tally extends Record<keyof TaskCounters, number> {
  durations: number[];
}

export class TaskTallies {
  #tallies = new Map<string, Tally>();

  started(name: string): void {
    const tally = this.#of(name);
    if (tally !== null) tally.started++;
  }

  /** An attempt has ended after `ms`. */
  ended(name: string, how: "done" | "retried" | "dead", ms: number): void {
    const tally = this.#of(name);
    if (tally === null) return;
    tally[how]++;
    if (tally.durations.length === 0) tally.durations = new Array<number>(bucketCount).fill(0);
    tally.durations[bucketOf(ms)]!++;
  }

  /** It died without an attempt that this worker ran. */
  died(name: string): void {
    const tally = this.#of(name);
    if (tally !== null) tally.dead++;
  }

  /** Those since the last call. */
  take(): TaskTally[] {
    const taken = Array.from(this.#tallies, ([name, tally]) => ({ name, ...tally }));
    this.#tallies = new Map();
    return taken;
  }

  /** `null` for one more than a report can name: other programs may add tasks of any name. */
  #of(name: string): Tally | null {
    const short = name.slice(0, longestTaskName);
    const known = this.#tallies.get(short);
    if (known !== undefined) return known;
    if (this.#tallies.size >= mostTaskNames) return null;
    const tally = { started: 0, done: 0, retried: 0, dead: 0, durations: [] };
    this.#tallies.set(short, tally);
    return tally;
  }
}
