/** All that was counted since the start, whatever becomes of the workers that counted it. */

import type { DeathCause } from "../core/backoff.ts";
import { addFigures, type Figures, noFigures } from "../core/figures.ts";
import {
  type History,
  noHistory,
  recordEvent,
  recordOutcome,
  recordRestart,
  recordScaling,
  type ServerEvent,
} from "../core/history.ts";
import type { SpentBecause } from "../core/recycling.ts";
import type { System } from "../system/system.ts";
import type { Child } from "./child.ts";
import { ProcessReadings } from "./process_readings.ts";
import type { Scoreboard } from "./scoreboard.ts";

export class Totals {
  readonly processes: ProcessReadings;
  readonly #system: System;
  readonly #scoreboard: Scoreboard;
  #gone: Figures = noFigures;
  #goneCpuSeconds = 0;
  #history: History = noHistory;
  #settledGeneration = 1;

  constructor(system: System, scoreboard: Scoreboard) {
    this.#system = system;
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
  died(child: Child, cause: DeathCause, text: string): void {
    this.#history = recordRestart(this.#history, cause);
    this.#note("death", text, child);
  }

  /** It could not even be started. */
  spawnFailed(text: string): void {
    this.#history = recordRestart(this.#history, "spawn");
    this.#note("death", text);
  }

  /** It has served long enough. */
  spent(child: Child, because: SpentBecause, text: string): void {
    this.#history = recordRestart(this.#history, because);
    this.#note("recycled", text, child);
  }

  /** All workers of this generation are there; of a newer one than before, a reload has succeeded. */
  settled(generation: number): void {
    if (generation <= this.#settledGeneration) return;
    this.#settledGeneration = generation;
    this.#history = recordOutcome(this.#history, "reloads", "succeeded");
    this.#note("reload", `generation ${generation} serves`);
  }

  reloadFailed(text: string): void {
    this.#history = recordOutcome(this.#history, "reloads", "failed");
    this.#note("reload", `failed: ${text}`);
  }

  upgraded(outcome: "succeeded" | "failed", text: string): void {
    this.#history = recordOutcome(this.#history, "upgrades", outcome);
    this.#note("upgrade", text);
  }

  /** `reason` says who or what wanted it. */
  scaled(from: number, to: number, reason?: string): void {
    if (from === to) return;
    this.#history = recordScaling(this.#history, to > from ? "up" : "down");
    this.#note("scale", `${from} -> ${to}${reason === undefined ? "" : `: ${reason}`}`);
  }

  #note(kind: ServerEvent["kind"], text: string, child?: Child): void {
    const about = child === undefined ? {} : { worker: child.slot, pid: child.process.pid };
    const event = { at: this.#system.clock.wall(), kind, text, ...about };
    this.#history = recordEvent(this.#history, event);
  }
}
