/** What the whole server has counted since its start, workers that are gone included. */

import type { DeathCause } from "../../core/pool/backoff.ts";
import type { RecycleReason } from "../../core/pool/recycling.ts";
import { addCounters, type Counters, noCounters } from "../../core/telemetry/counters.ts";
import {
  type ChangeCounters,
  noChanges,
  recordOutcome,
  recordRestart,
  recordScaling,
} from "../../core/telemetry/change_counters.ts";
import { addChanges, type CountedBefore } from "../../core/telemetry/counted_before.ts";
import type { System } from "../../system/system.ts";
import { ProcessReadings } from "../workers/process_readings.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";

export class ServerCounters {
  readonly processes: ProcessReadings;
  readonly #scoreboard: Scoreboard;
  #gone: Counters = noCounters;
  #goneCpuSeconds = 0;
  #changeCounters: ChangeCounters = noChanges;
  #completeGeneration = 1;
  #before: CountedBefore | null = null;
  readonly #startedAt: number;

  constructor(system: System, scoreboard: Scoreboard) {
    this.#scoreboard = scoreboard;
    this.#startedAt = system.clock.wall();
    this.processes = new ProcessReadings(system);
  }

  /** What an old master has counted counts here, too; given again, it replaces what was given before. */
  carryOn(before: CountedBefore): void {
    this.#before = before;
  }

  /** What `read` returns as if no master had counted before this one. */
  alone<Result>(read: () => Result): Result {
    const before = this.#before;
    this.#before = null;
    try {
      return read();
    } finally {
      this.#before = before;
    }
  }

  /** Since when is counted; milliseconds since 1970. */
  get since(): number {
    return this.#before?.since ?? this.#startedAt;
  }

  /** Processor time of the masters before this one. */
  get masterCpuSeconds(): number {
    return this.#before?.masterCpuSeconds ?? 0;
  }

  get changeCounters(): ChangeCounters {
    return this.#before === null
      ? this.#changeCounters
      : addChanges(this.#changeCounters, this.#before.changes);
  }

  /** The sum over all workers that are gone. */
  get gone(): { readonly counters: Counters; readonly cpuSeconds: number } {
    if (this.#before === null) return { counters: this.#gone, cpuSeconds: this.#goneCpuSeconds };
    return {
      counters: addCounters(this.#gone, this.#before.counters),
      cpuSeconds: this.#goneCpuSeconds + this.#before.cpuSeconds,
    };
  }

  /** Adds the counters of a worker whose process is gone: its slot still has them. */
  addGone(worker: WorkerHandle): void {
    this.#gone = addCounters(this.#gone, this.#scoreboard.read(worker.slot));
    this.#goneCpuSeconds += this.processes.lastCpuSeconds(worker);
  }

  /** A worker died unexpectedly. */
  died(cause: DeathCause): void {
    this.#changeCounters = recordRestart(this.#changeCounters, cause);
  }

  /** The process of a worker could not be started. */
  spawnFailed(): void {
    this.#changeCounters = recordRestart(this.#changeCounters, "spawn");
  }

  recycled(because: RecycleReason): void {
    this.#changeCounters = recordRestart(this.#changeCounters, because);
  }

  /** All workers of this generation are ready. If it is newer than the one before, a reload has succeeded. */
  generationComplete(generation: number): void {
    if (generation <= this.#completeGeneration) return;
    this.#completeGeneration = generation;
    this.#changeCounters = recordOutcome(this.#changeCounters, "reloads", "succeeded");
  }

  reloadFailed(): void {
    this.#changeCounters = recordOutcome(this.#changeCounters, "reloads", "failed");
  }

  upgraded(outcome: "succeeded" | "failed"): void {
    this.#changeCounters = recordOutcome(this.#changeCounters, "upgrades", outcome);
  }

  scaled(from: number, to: number): void {
    this.#changeCounters = recordScaling(this.#changeCounters, to > from ? "up" : "down");
  }
}
