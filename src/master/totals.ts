/** All that was counted since the start, whatever becomes of the workers that counted it. */

import type { DeathCause } from "../core/backoff.ts";
import { addFigures, type Figures, noFigures } from "../core/figures.ts";
import { type History, noHistory, recordOutcome, recordRestart, recordScaling } from "../core/history.ts";
import type { SpentBecause } from "../core/recycling.ts";
import type { System } from "../system/system.ts";
import type { Child } from "./child.ts";
import { ProcessReadings } from "./process_readings.ts";
import type { Scoreboard } from "./scoreboard.ts";

export class Totals {
  readonly processes: ProcessReadings;
  readonly #scoreboard: Scoreboard;
  #gone: Figures = noFigures;
  #goneCpuSeconds = 0;
  #history: History = noHistory;
  #settledGeneration = 1;

  constructor(system: System, scoreboard: Scoreboard) {
    this.#scoreboard = scoreboard;
    this.processes = new ProcessReadings(system);
  }

  get history(): History {
    return this.#history;
  }

  /** Those of workers that are gone. */
  get gone(): { readonly figures: Figures; readonly cpuSeconds: number } {
    return { figures: this.#gone, cpuSeconds: this.#goneCpuSeconds };
  }

  /** The worker's process is gone; its slot still says what it counted. */
  keep(child: Child): void {
    this.#gone = addFigures(this.#gone, this.#scoreboard.read(child.slot));
    this.#goneCpuSeconds += this.processes.lastCpuSeconds(child);
  }

  /** It died, and nobody had asked for it. */
  died(cause: DeathCause): void {
    this.#history = recordRestart(this.#history, cause);
  }

  /** It could not even be started. */
  spawnFailed(): void {
    this.#history = recordRestart(this.#history, "spawn");
  }

  /** It has served long enough. */
  spent(because: SpentBecause): void {
    this.#history = recordRestart(this.#history, because);
  }

  /** All workers of this generation are there; of a newer one than before, a reload has succeeded. */
  settled(generation: number): void {
    if (generation <= this.#settledGeneration) return;
    this.#settledGeneration = generation;
    this.#history = recordOutcome(this.#history, "reloads", "succeeded");
  }

  reloadFailed(): void {
    this.#history = recordOutcome(this.#history, "reloads", "failed");
  }

  upgraded(outcome: "succeeded" | "failed"): void {
    this.#history = recordOutcome(this.#history, "upgrades", outcome);
  }

  scaled(from: number, to: number): void {
    this.#history = recordScaling(this.#history, to > from ? "up" : "down");
  }
}
