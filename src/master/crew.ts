/** Carries out the plan of `core/pool.ts`: workers are started and drained until those are there that are wanted. */

import type { DenicornError } from "../core/errors.ts";
import { plan, surgeOf } from "../core/pool.ts";
import { retarget, within, type WorkerRange, workerRange } from "../settings/worker_range.ts";
import type { System } from "../system/system.ts";
import { spawnFailure } from "./boot_failure.ts";
import type { Deaths } from "./deaths.ts";
import type { Generation } from "./generation.ts";
import type { Generations } from "./generations.ts";
import type { LifecycleLog } from "./lifecycle_log.ts";
import type { Recruiter } from "./recruiter.ts";
import type { Roster } from "./roster.ts";
import type { Scoreboard } from "./scoreboard.ts";
import type { Totals } from "./totals.ts";
import type { Traffic } from "./traffic.ts";

export interface CrewOptions {
  readonly system: System;
  readonly lifecycle: LifecycleLog;
  readonly roster: Roster;
  readonly generations: Generations;
  readonly recruiter: Recruiter;
  readonly deaths: Deaths;
  readonly traffic: Traffic;
  readonly totals: Totals;
  readonly scoreboard: Scoreboard;
  /** How many workers shall serve at first, where automatic scaling has a say in it. */
  readonly target: number | undefined;
  /** Told of a process that could not be started; true if that was all there was to do about it. */
  readonly onFailedSpawn: (generation: Generation, failure: DenicornError) => boolean;
}

export class Crew {
  readonly #options: CrewOptions;
  #target: number;

  constructor(options: CrewOptions) {
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
    this.#options.totals.scaled(from, target);
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
    const { roster, generations } = this.#options;
    return roster.readyOf(generations.serving.number) === this.#target && !roster.isAnyBooting;
  }

  /** One move towards what is wanted. */
  settle(): void {
    const { system, roster, generations, deaths, traffic, scoreboard } = this.#options;
    const now = system.clock.monotonic();
    const handedOver = traffic.isSteered && this.#target > 0;
    const actions = plan(roster.loadedMembers(scoreboard), {
      target: this.#startable,
      serving: generations.serving.number,
      rolling: generations.canary?.number ?? null,
      holding: generations.isHolding,
      surge: surgeOf(generations.serving.settings.reloadSurge, this.#target),
      maySpawn: deaths.mayReplace,
    });
    for (const action of actions) {
      if (action.type === "drain") roster.inSlot(action.slot)?.apply({ type: "drain", handedOver }, now);
      else this.#spawn(action.slot, generations.get(action.generation));
    }
    traffic.settle();
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
    const { system, recruiter, deaths, onFailedSpawn } = this.#options;
    try {
      recruiter.spawn(slot, generation);
    } catch (error) {
      const failure = spawnFailure(error, system);
      if (!onFailedSpawn(generation, failure)) deaths.recordFailedSpawn(failure, this.#target);
    }
  }
}
