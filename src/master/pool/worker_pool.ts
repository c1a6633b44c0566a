/** Carries out the plan of `core/pool/plan.ts`: starts and drains workers until the pool matches the target. */

import type { DenicornError } from "../../core/errors.ts";
import { startableAtFirst } from "../../core/pool/first_start.ts";
import { plan, poolSize } from "../../core/pool/plan.ts";
import {
  retarget,
  surgeOfWorkers,
  within,
  type WorkerRange,
  workerRange,
} from "../../settings/worker_range.ts";
import type { System } from "../../system/system.ts";
import type { Generations } from "../generations/generations.ts";
import type { MasterHooks } from "../hooks/master_hooks.ts";
import type { HeartbeatMonitor } from "../listeners/heartbeat_monitor.ts";
import { Refusal } from "../listeners/refusal.ts";
import type { SharedSockets } from "../listeners/shared_sockets.ts";
import type { Steering } from "../listeners/steering.ts";
import type { ServerCounters } from "../telemetry/counters.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import { spawnFailure } from "../workers/boot_failure.ts";
import type { Generation } from "../workers/generation.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";
import type { Spawner } from "../workers/spawner.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { OldGenerations } from "./old_generations.ts";
import type { RestartPolicy } from "./restart_policy.ts";

interface WorkerPoolOptions {
  readonly system: System;
  readonly lifecycle: LifecycleLog;
  readonly workerTable: WorkerTable;
  readonly generations: Generations;
  readonly spawner: Spawner;
  readonly restartPolicy: RestartPolicy;
  readonly oldGenerations: OldGenerations;
  readonly steering: Steering;
  readonly sharedSockets: SharedSockets;
  readonly heartbeatMonitor: HeartbeatMonitor;
  readonly counters: ServerCounters;
  readonly hooks: MasterHooks;
  readonly scoreboard: Scoreboard;
  /** What another master had before, and the range that its settings allowed. */
  readonly inherited: { readonly target: number; readonly range: WorkerRange } | undefined;
  /** Called when a process could not be started; true if that handles the failure, so that it is not also recorded. */
  readonly onFailedSpawn: (generation: Generation, failure: DenicornError) => boolean;
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #refusal: Refusal;
  #target: number;
  #areSparesRefused = false;
  #isRevival = false;
  /** When the first bundle was there, by the monotonic clock; `null` until then. */
  #bundledAt: number | null = null;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#refusal = new Refusal({
      clock: options.system.clock,
      steering: options.steering,
      settings: () => options.generations.serving.settings,
    });
    const range = this.range;
    const { inherited } = options;
    this.#target = inherited === undefined ? range.min : retarget(inherited.target, inherited.range, range);
  }

  /** How many workers should be ready. */
  get target(): number {
    return this.#target;
  }

  /** How many spares should be ready besides. Without steering the kernel would send them connections like any other. */
  get spares(): number {
    const { generations, steering } = this.#options;
    return steering.isOn ? generations.serving.settings.spareWorkers : 0;
  }

  /** How many workers there should be, spares included. */
  get size(): number {
    return poolSize(this);
  }

  /** `why` is for the log. */
  scale(target: number, why: string): void {
    if (target === this.#target) return;
    const from = this.#target;
    this.#target = target;
    this.#options.counters.scaled(from, target);
    this.#options.lifecycle.scaled(from, target, why);
    void this.#options.hooks.tell("nworkersChanged", this.#options.generations.serving.number, target, from);
  }

  /** Scales as an operator requests. A target outside the allowed range is moved into it. */
  request(target: number): void {
    this.#isRevival = false;
    const allowed = this.allowed(target);
    if (allowed !== target) this.#options.lifecycle.outOfRange(target, this.range);
    this.scale(allowed, "requested");
  }

  /** The other master had been scaled to `target` since this one inherited from it. */
  inherit(target: number): void {
    const { inherited } = this.#options;
    if (inherited === undefined || target === inherited.target) return;
    this.scale(retarget(target, inherited.range, this.range), "requested during the upgrade");
  }

  /** The target nearest to `target` that an operator may request: within the range of automatic scaling, or 0. */
  allowed(target: number): number {
    const range = this.range;
    return range.isFixed || target === 0 ? target : within(range, target);
  }

  /** Adapts the target to a reload from one generation's settings to those of another. */
  retarget(target: number, from: Generation, to: Generation): void {
    const cores = this.#options.system.host.cores();
    const next = retarget(target, workerRange(from.settings, cores), workerRange(to.settings, cores));
    this.scale(next, "changed in the settings");
  }

  /**
   * A reload brings workers back after all were drained on request: first only one of the new generation, because no
   * worker of the old one is needed meanwhile.
   */
  beginRevival(): void {
    this.#isRevival = this.#target === 0;
  }

  /** True from `beginRevival` to `revive`, unless an operator requests another target. */
  get isRevival(): boolean {
    return this.#isRevival;
  }

  /** The reload has led to a generation that boots, or has failed: goes back to the number of the settings. */
  revive(): void {
    if (this.#isRevival) this.scale(this.range.min, "a reload");
    this.#isRevival = false;
  }

  /** What the settings allow. */
  get range(): WorkerRange {
    const { generations, system } = this.#options;
    return workerRange(generations.serving.settings, system.host.cores());
  }

  /** True if exactly as many workers as there should be are ready, all of the serving generation, and none is booting. */
  get isComplete(): boolean {
    const { workerTable, generations } = this.#options;
    return workerTable.readyOf(generations.serving.number) === this.size && !workerTable.isAnyBooting;
  }

  /** One step towards the target. */
  reconcile(): void {
    const { system, workerTable, generations, restartPolicy, steering, scoreboard } = this.#options;
    const now = system.clock.monotonic();
    this.#reportRefusedSpares();
    const actions = plan(workerTable.loadedMembers(scoreboard), {
      target: this.#startable,
      spares: generations.serving.bundle === null ? 0 : this.spares,
      serving: generations.serving.number,
      canary: generations.canary?.number ?? null,
      isRevival: this.#isRevival,
      paused: generations.isPaused,
      surge: surgeOfWorkers(generations.serving.settings, this.#target, system.host.cores()),
      maySpawn: restartPolicy.mayReplace,
    });
    const isDraining = actions.some(({ type }) => type === "drain");
    const handedOver = isDraining && (this.#target > 0 ? steering.isOn : this.#refuse());
    for (const action of actions) {
      if (action.type === "promote") this.#promote(action.slot);
      if (action.type === "drain") this.#drain(action.slot, handedOver, now);
    }
    // A spare serves before processes are started, each of which takes the master some milliseconds.
    this.#steer();
    for (const action of actions) {
      if (action.type === "spawn") this.#spawn(action.slot, generations.get(action.generation));
    }
    workerTable.forEach((worker) => worker.becomeSpare());
    this.#options.oldGenerations.limit(generations.serving.settings.maxOldGenerations);
    this.#steer();
  }

  #steer(): void {
    const { steering, sharedSockets, heartbeatMonitor, workerTable } = this.#options;
    const eligible = heartbeatMonitor.eligible();
    steering.update(eligible, this.#target > 0);
    sharedSockets.update(eligible, workerTable.serving());
  }

  /** Once, although the host may stop to steer at any time. */
  #reportRefusedSpares(): void {
    const { generations, steering, lifecycle } = this.#options;
    const { spareWorkers } = generations.serving.settings;
    if (spareWorkers === 0 || steering.isOn || this.#areSparesRefused) return;
    this.#areSparesRefused = true;
    lifecycle.sparesRefused(spareWorkers);
  }

  #drain(slot: number, handedOver: boolean, now: number): void {
    const { workerTable, generations } = this.#options;
    const worker = workerTable.inSlot(slot);
    const isRestart = worker?.generation !== generations.serving;
    worker?.apply({ type: "drain", handedOver, isRestart }, now);
  }

  #promote(slot: number): void {
    const { workerTable, lifecycle } = this.#options;
    const worker = workerTable.inSlot(slot);
    if (worker?.isSpare === true) lifecycle.promoted(worker);
    worker?.promote();
  }

  /** No worker will get the new connections of those that drain. */
  #refuse(): boolean {
    const { steering, sharedSockets } = this.#options;
    sharedSockets.refuse();
    return this.#refusal.begin(() => steering.shutRefusing());
  }

  get #startable(): number {
    const { system: { clock, host }, generations: { serving } } = this.#options;
    const now = clock.monotonic();
    if (serving.bundle !== null) this.#bundledAt ??= now;
    return startableAtFirst({
      target: this.#target,
      cores: host.cores(),
      bundledFor: this.#bundledAt === null ? null : now - this.#bundledAt,
      // Task workers have a share of the memory, and whether there are any may be known by the app only.
      needsBundle: serving.settings.maxHeap === "auto" && serving.settings.tasks === undefined,
      hasServed: serving.hasServed === true,
    });
  }

  #spawn(slot: number, generation: Generation): void {
    const { system, spawner, restartPolicy, oldGenerations, onFailedSpawn, scoreboard } = this.#options;
    // The next plan finds the slots that this frees.
    if (slot >= scoreboard.slots && oldGenerations.endOldest("no slot is free for a new worker")) {
      return;
    }
    try {
      spawner.spawn(slot, generation);
    } catch (error) {
      const failure = spawnFailure(error, system);
      if (!onFailedSpawn(generation, failure)) restartPolicy.recordFailedSpawn(failure, this.size);
    }
  }
}
