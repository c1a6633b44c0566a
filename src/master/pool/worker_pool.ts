/** Carries out the plan of `core/pool/plan.ts`: workers are started and drained until those are there that are wanted. */

import type { DenicornError } from "../../core/errors.ts";
import { plan, surgeOf } from "../../core/pool/plan.ts";
import { retarget, within, type WorkerRange, workerRange } from "../../settings/worker_range.ts";
import type { System } from "../../system/system.ts";
import { spawnFailure } from "../workers/boot_failure.ts";
import type { RestartPolicy } from "./restarts.ts";
import type { Generation } from "../workers/generation.ts";
import type { Generations } from "../generations/generations.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import type { Spawner } from "../workers/spawner.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";
import type { ServerCounters } from "../telemetry/counters.ts";
import type { Traffic } from "../listeners/traffic.ts";

export interface WorkerPoolOptions {
  readonly system: System;
  readonly lifecycle: LifecycleLog;
  readonly workerTable: WorkerTable;
  readonly generations: Generations;
  readonly spawner: Spawner;
  readonly restartPolicy: RestartPolicy;
  readonly traffic: Traffic;
  readonly counters: ServerCounters;
  readonly scoreboard: Scoreboard;
  /** How many workers shall serve at first, where automatic scaling has a say in it. */
  readonly target: number | undefined;
  /** Told of a process that could not be started; true if that was all there was to do about it. */
  readonly onFailedSpawn: (generation: Generation, failure: DenicornError) => boolean;
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  #target: number;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const range = this.#range;
    this.#target = range.isFixed ? range.min : within(range, options.target ?? range.min);
  }

  /** How many workers shall serve. */
  get target(): number {
    return this.#target;
  }

  /** `why` is for the log: who or what wants it. */
  scale(target: number, why: string): void {
    if (target === this.#target) return;
    const from = this.#target;
    this.#target = target;
    this.#options.counters.scaled(from, target);
    this.#options.lifecycle.scaled(from, target, why);
  }

  /** As an operator asks for it. */
  request(target: number): void {
    const allowed = this.allowed(target);
    if (allowed !== target) this.#options.lifecycle.outOfBounds(target, this.#range);
    this.scale(allowed, "as asked for");
  }

  /** What an operator may have in place of `target`: automatic scaling keeps its bounds, but all may be drained. */
  allowed(target: number): number {
    const range = this.#range;
    return range.isFixed || target === 0 ? target : within(range, target);
  }

  /** The target as it is after a reload from one generation's settings to another's. */
  retarget(target: number, from: Generation, to: Generation): void {
    const cores = this.#options.system.host.cores();
    const wanted = retarget(target, workerRange(from.settings, cores), workerRange(to.settings, cores));
    this.scale(wanted, "by the settings of the generation that serves");
  }

  /** All were drained on request: those of the settings are wanted again. */
  revive(): void {
    if (this.#target === 0) this.scale(this.#range.min, "a reload");
  }

  get #range(): WorkerRange {
    const { generations, system } = this.#options;
    return workerRange(generations.serving.settings, system.host.cores());
  }

  /** True when as many workers of the serving generation are ready as there shall be, and none is on its way. */
  get isComplete(): boolean {
    const { workerTable, generations } = this.#options;
    return workerTable.readyOf(generations.serving.number) === this.#target && !workerTable.isAnyBooting;
  }

  /** One move towards what is wanted. */
  reconcile(): void {
    const { system, workerTable, generations, restartPolicy, traffic, scoreboard } = this.#options;
    const now = system.clock.monotonic();
    const handedOver = traffic.isSteered && this.#target > 0;
    const actions = plan(workerTable.loadedMembers(scoreboard), {
      target: this.#startable,
      serving: generations.serving.number,
      rolling: generations.canary?.number ?? null,
      paused: generations.isPaused,
      surge: surgeOf(generations.serving.settings.reloadSurge, this.#target),
      maySpawn: restartPolicy.mayReplace,
    });
    for (const action of actions) {
      if (action.type === "drain") workerTable.inSlot(action.slot)?.apply({ type: "drain", handedOver }, now);
      else this.#spawn(action.slot, generations.get(action.generation));
    }
    traffic.reconcile();
  }

  /**
   * While the first bundle is made it needs a core to itself: workers that start at the same time would only
   * delay the first answer.
   */
  get #startable(): number {
    const { system, generations } = this.#options;
    const isBundled = generations.serving.bundle !== null;
    return isBundled ? this.#target : Math.min(this.#target, Math.max(1, system.host.cores() - 1));
  }

  #spawn(slot: number, generation: Generation): void {
    const { system, spawner, restartPolicy, onFailedSpawn } = this.#options;
    try {
      spawner.spawn(slot, generation);
    } catch (error) {
      const failure = spawnFailure(error, system);
      if (!onFailedSpawn(generation, failure)) restartPolicy.recordFailedSpawn(failure, this.#target);
    }
  }
}
