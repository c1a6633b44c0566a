/** What the master has for tasks: the second pool and all that belongs to it. */

import type { Log } from "../../log/logger.ts";
import type { Settings } from "../../settings/settings.ts";
import type { System } from "../../system/system.ts";
import type { Generations } from "../generations/generations.ts";
import type { MasterHooks } from "../hooks/master_hooks.ts";
import { HeartbeatMonitor } from "../listeners/heartbeat_monitor.ts";
import { StallReporter } from "../listeners/stall_reporter.ts";
import { Recycling } from "../pool/recycling.ts";
import { RestartPolicy } from "../pool/restart_policy.ts";
import type { ServerCounters } from "../telemetry/counters.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import { TaskStatistics } from "../telemetry/task_statistics.ts";
import type { MasterEvent } from "../workers/events.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";
import { Spawner, type StartWorkerProcess } from "../workers/spawner.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import { taskConfigFor } from "./task_config.ts";
import { TaskDesk } from "./task_desk.ts";
import { TaskEvents } from "./task_events.ts";
import type { TaskOwners } from "./task_owners.ts";
import { TaskPool } from "./task_pool.ts";

interface TasksOptions {
  readonly system: System;
  readonly log: Log;
  readonly lifecycle: LifecycleLog;
  readonly counters: ServerCounters;
  readonly scoreboard: Scoreboard;
  readonly generations: Generations;
  /** Of the workers that serve requests. */
  readonly workerTable: WorkerTable;
  /** Of task workers. */
  readonly taskTable: WorkerTable;
  readonly startProcess: StartWorkerProcess;
  readonly hooks: MasterHooks;
  readonly runtimeDirectory: string;
  readonly isStopping: () => boolean;
  readonly isDrained: () => boolean;
  readonly post: (event: MasterEvent) => void;
}

export class Tasks {
  readonly pool: TaskPool;
  readonly events: TaskEvents;
  readonly desk: TaskDesk;
  readonly statistics = new TaskStatistics();
  /** Of task workers. */
  readonly workerTable: WorkerTable;
  readonly spawner: Spawner;
  readonly heartbeatMonitor: HeartbeatMonitor;
  readonly #stallReporter: StallReporter;
  readonly #recycling: Recycling;
  readonly #restartPolicy: RestartPolicy;

  constructor(options: TasksOptions, owners: TaskOwners) {
    const { system, log, lifecycle, counters, scoreboard, generations, runtimeDirectory, post } = options;
    const { clock } = system;
    const workerTable = options.taskTable;
    const { statistics } = this;
    const wake = () => post({ type: "wake" });
    const restartPolicy = new RestartPolicy({ system, lifecycle, counters, wake });
    const spawner = new Spawner({
      ...{ ...options, workerTable, role: "tasks", threadHosts: null },
      ...options.hooks.forSpawner("tasks"),
      isSteering: () => false,
      tasksFor: (worker) => taskConfigFor(system.host, owners, runtimeDirectory, worker),
      sharedResources: () => ({
        ...{ listen: [], isBindDefault: false, sharedSockets: [], runtimeDirectory },
        scoreboard: scoreboard.descriptor,
      }),
    });
    const others = () => options.workerTable.serving();
    const pool = new TaskPool({
      ...{ system, lifecycle, workerTable, generations, spawner, restartPolicy, owners, statistics, others },
      isDrained: options.isDrained,
    });
    const desk = new TaskDesk(clock, () => [
      ...workerTable.serving(),
      ...others().filter(({ generation: { bundle } }) => bundle?.hasTasks === true),
    ]);
    const heartbeatMonitor = new HeartbeatMonitor(clock, workerTable, scoreboard);
    this.workerTable = workerTable;
    this.spawner = spawner;
    this.pool = pool;
    this.desk = desk;
    this.heartbeatMonitor = heartbeatMonitor;
    this.events = new TaskEvents({
      ...{ clock, workerTable, scoreboard, lifecycle, restartPolicy, generations, statistics },
      ...{ desk, owners, pool, isStopping: options.isStopping },
      isUsed: (generation) => options.workerTable.uses(generation) || workerTable.uses(generation),
    });
    this.#stallReporter = new StallReporter({ clock, workerTable, scoreboard, heartbeatMonitor, lifecycle });
    this.#recycling = new Recycling({
      ...{ system, logger: log.logger, workerTable, scoreboard, lifecycle, counters },
    });
    this.#restartPolicy = restartPolicy;
  }

  /** The server has ended. */
  end(): void {
    this.#restartPolicy.cancel();
  }

  /** `interval`: milliseconds between two ticks. `isRunning`: no transition of the server is in progress. */
  tick(interval: number, settings: Settings, isRunning: boolean): void {
    // Often enough for workers that get no connections, and a timer of its own would run for apps without tasks, too.
    this.heartbeatMonitor.poll(interval, settings);
    this.#stallReporter.report(settings.slowRequest);
    this.events.tick(interval);
    if (!isRunning) return;
    this.#recycling.poll(settings, this.pool.target);
    this.pool.autoscale();
  }
}
