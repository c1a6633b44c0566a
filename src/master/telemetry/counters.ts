/** All that was counted since the start, whatever becomes of the workers that counted it. */

import type { DeathCause } from "../../core/pool/backoff.ts";
import { addCounters, type Counters, noCounters } from "../../core/telemetry/counters.ts";
import {
  noRestarts,
  recordOutcome,
  recordRestart,
  recordScaling,
  type RestartCounters,
} from "../../core/telemetry/restart_counters.ts";
import type { RecycleReason } from "../../core/pool/recycling.ts";
import type { System } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import { ProcessReadings } from "../workers/process_readings.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";

export class ServerCounters {
  readonly processes: ProcessReadings;
  readonly #scoreboard: Scoreboard;
  #gone: Counters = noCounters;
  #goneCpuSeconds = 0;
  #restartCounters: RestartCounters = noRestarts;
  #settledGeneration = 1;

  constructor(system: System, scoreboard: Scoreboard) {
    this.#scoreboard = scoreboard;
    this.processes = new ProcessReadings(system);
  }

  get restartCounters(): RestartCounters {
    return this.#restartCounters;
  }

  /** Those of workers that are gone. */
  get gone(): { readonly counters: Counters; readonly cpuSeconds: number } {
    return { counters: this.#gone, cpuSeconds: this.#goneCpuSeconds };
  }

  /** The worker's process is gone; its slot still says what it counted. */
  keep(worker: WorkerHandle): void {
    this.#gone = addCounters(this.#gone, this.#scoreboard.read(worker.slot));
    this.#goneCpuSeconds += this.processes.lastCpuSeconds(worker);
  }

  /** It died, and nobody had asked for it. */
  died(cause: DeathCause): void {
    this.#restartCounters = recordRestart(this.#restartCounters, cause);
  }

  /** It could not even be started. */
  spawnFailed(): void {
    this.#restartCounters = recordRestart(this.#restartCounters, "spawn");
  }

  /** It has served long enough. */
  dueForRecycling(because: RecycleReason): void {
    this.#restartCounters = recordRestart(this.#restartCounters, because);
  }

  /** All workers of this generation are there; of a newer one than before, a reload has succeeded. */
  settled(generation: number): void {
    if (generation <= this.#settledGeneration) return;
    this.#settledGeneration = generation;
    this.#restartCounters = recordOutcome(this.#restartCounters, "reloads", "succeeded");
  }

  reloadFailed(): void {
    this.#restartCounters = recordOutcome(this.#restartCounters, "reloads", "failed");
  }

  upgraded(outcome: "succeeded" | "failed"): void {
    this.#restartCounters = recordOutcome(this.#restartCounters, "upgrades", outcome);
  }

  scaled(from: number, to: number): void {
    this.#restartCounters = recordScaling(this.#restartCounters, to > from ? "up" : "down");
  }
}
