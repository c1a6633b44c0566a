/**
 * The second pool: worker processes that run tasks and listen nowhere. Which of them to start and to drain is decided as
 * for all workers, by `core/pool/plan.ts`; how many there should be, by `core/tasks/task_scaling.ts`.
 */

import { plan, taskSurge } from "../../core/pool/plan.ts";
import { initialTaskScaling, scaleTasks } from "../../core/tasks/task_scaling.ts";
import { taskRange } from "../../settings/task_range.ts";
import type { WorkerRange } from "../../settings/worker_range.ts";
import type { System } from "../../system/system.ts";
import type { Generations } from "../generations/generations.ts";
import type { RestartPolicy } from "../pool/restart_policy.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import { spawnFailure } from "../workers/boot_failure.ts";
import type { Generation } from "../workers/generation.ts";
import { firstSlot } from "../workers/scoreboard.ts";
import type { Spawner } from "../workers/spawner.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { TaskOwners } from "./task_owners.ts";
import type { TaskStatistics } from "../telemetry/task_statistics.ts";

interface TaskPoolOptions {
  readonly system: System;
  readonly lifecycle: LifecycleLog;
  /** Of task workers only. */
  readonly workerTable: WorkerTable;
  readonly generations: Generations;
  readonly spawner: Spawner;
  readonly restartPolicy: RestartPolicy;
  readonly owners: TaskOwners;
  readonly statistics: TaskStatistics;
  /** Workers that serve requests, and take tasks with `tasks-in-workers`. */
  readonly others: () => readonly WorkerHandle[];
  /** An operator has drained all workers, and keeps the master. */
  readonly isDrained: () => boolean;
}

export class TaskPool {
  readonly #options: TaskPoolOptions;
  #target = 0;
  #scaling = initialTaskScaling;
  /** What the target was last derived from. */
  #range: WorkerRange = { min: 0, max: 0, isFixed: true };

  constructor(options: TaskPoolOptions) {
    this.#options = options;
  }

  /** How many task workers should be ready. */
  get target(): number {
    return this.#options.isDrained() ? 0 : this.#target;
  }

  /** Whether the app that serves has tasks. */
  get hasTasks(): boolean {
    return this.#options.generations.serving.bundle?.hasTasks === true;
  }

  /** All workers that take tasks. */
  get takers(): readonly WorkerHandle[] {
    const { workerTable, others } = this.#options;
    const besides = others().filter(({ generation }) => takesTasks(generation));
    return [...workerTable.serving(), ...besides];
  }

  /** One step towards the target. Call it after every event, once the first worker serves. */
  reconcile(): void {
    const { system, workerTable, generations, restartPolicy, owners } = this.#options;
    const { serving } = generations;
    // A worker of another generation could not load the app either.
    if (serving.bundle === null) return;
    this.#follow(serving);
    owners.release(this.takers);
    const { target } = this;
    if (target === 0 && workerTable.size === 0) return;
    const actions = plan(workerTable.members(), {
      target,
      spares: 0,
      serving: serving.number,
      canary: null,
      isRevival: false,
      paused: false,
      surge: taskSurge,
      maySpawn: restartPolicy.mayReplace,
    });
    const now = system.clock.monotonic();
    for (const action of actions) {
      if (action.type === "spawn") this.#spawn(action.slot, generations.get(action.generation));
      if (action.type !== "drain") continue;
      const worker = workerTable.inSlot(firstSlot("tasks") + action.slot);
      const isRestart = worker?.generation !== serving;
      worker?.apply({ type: "drain", handedOver: true, isRestart }, now);
    }
  }

  /** There may be new tasks. */
  wake(): void {
    for (const worker of this.takers) void worker.send({ type: "wake-tasks" });
  }

  /** Call it with every tick and with every report. */
  autoscale(): void {
    const { system, workerTable, generations, lifecycle, statistics } = this.#options;
    const { settings } = generations.serving;
    const { backlog } = statistics;
    if (this.#range.isFixed || backlog === null || this.#options.isDrained()) return;
    const { min, max } = this.#range;
    const { scaling, target, reason } = scaleTasks(this.#scaling, this.#target, {
      at: system.clock.monotonic(),
      ready: workerTable.readyOf(generations.serving.number),
      running: statistics.running,
      waiting: backlog.isPaused ? 0 : backlog.waiting,
      oldest: backlog.oldest,
    }, {
      ...{ min, max, concurrency: settings.taskConcurrency, backlog: settings.taskBacklog },
      idleTimeout: settings.idleTimeout,
    });
    this.#scaling = scaling;
    if (reason !== null) lifecycle.tasksScaled(this.#target, target, reason);
    this.#target = target;
  }

  /** Takes over what the settings and the app of the serving generation say. */
  #follow({ settings }: Generation): void {
    const { system, lifecycle } = this.#options;
    const range = taskRange(settings, this.hasTasks, system.host.cores());
    const before = this.#range;
    if (range.min === before.min && range.max === before.max && range.isFixed === before.isFixed) return;
    this.#range = range;
    const target = range.isFixed ? range.min : Math.min(Math.max(this.#target, range.min), range.max);
    // At the start there is nothing to say: the workers report themselves.
    if (this.#target > 0 && target !== this.#target) {
      lifecycle.tasksScaled(this.#target, target, "changed in the settings");
    }
    this.#target = target;
  }

  #spawn(number: number, generation: Generation): void {
    const { system, spawner, restartPolicy } = this.#options;
    try {
      spawner.spawn(firstSlot("tasks") + number, generation);
    } catch (error) {
      restartPolicy.recordFailedSpawn(spawnFailure(error, system), this.#target, "tasks");
    }
  }
}

/** Whether workers of a generation that serve requests run tasks, too. */
export function takesTasks({ settings, bundle }: Generation): boolean {
  return bundle?.hasTasks === true && settings.tasksInWorkers === true;
}
