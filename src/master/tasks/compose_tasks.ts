/** Builds what the master has for tasks: the second pool and all that belongs to it. */

import type { Log } from "../../log/logger.ts";
import type { TaskConfig } from "../../protocol/task_messages.ts";
import { taskRange } from "../../settings/task_range.ts";
import type { Host, System } from "../../system/system.ts";
import type { Generations } from "../generations/generations.ts";
import { HeartbeatMonitor } from "../listeners/heartbeat_monitor.ts";
import { StallReporter } from "../listeners/stall_reporter.ts";
import { Recycling } from "../pool/recycling.ts";
import { RestartPolicy } from "../pool/restart_policy.ts";
import type { ServerCounters } from "../telemetry/counters.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import type { MasterEvent } from "../workers/events.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";
import { Spawner, type StartWorkerProcess } from "../workers/spawner.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import { TaskDesk } from "./task_desk.ts";
import { TaskEvents } from "./task_events.ts";
import type { TaskOwners } from "./task_owners.ts";
import { takesTasks, TaskPool } from "./task_pool.ts";
import { TaskStatistics } from "../telemetry/task_statistics.ts";

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
  readonly runtimeDirectory: string;
  readonly isStopping: () => boolean;
  readonly isDrained: () => boolean;
  readonly post: (event: MasterEvent) => void;
}

/** What the rest of the master uses. */
export interface Tasks {
  readonly pool: TaskPool;
  readonly events: TaskEvents;
  readonly desk: TaskDesk;
  readonly statistics: TaskStatistics;
  readonly workerTable: WorkerTable;
  readonly spawner: Spawner;
  readonly heartbeatMonitor: HeartbeatMonitor;
  readonly stallReporter: StallReporter;
  readonly recycling: Recycling;
  readonly restartPolicy: RestartPolicy;
}

/** The file in the runtime directory that stands for the store `memory:`. */
export const memoryStoreFolder = "tasks";

/** What a worker needs to add tasks, and to run them if it takes any; `null` if its app has none. */
export function taskConfigFor(
  host: Pick<Host, "cores">,
  owners: TaskOwners,
  runtimeDirectory: string,
  worker: WorkerHandle,
): TaskConfig | null {
  const { settings, bundle } = worker.generation;
  if (bundle?.hasTasks !== true) return null;
  return {
    runs: worker.role === "tasks" || takesTasks(worker.generation),
    areTaken: takesTasks(worker.generation) || taskRange(settings, true, host.cores()).max > 0,
    store: settings.taskStore,
    memory: `${runtimeDirectory}/${memoryStoreFolder}/tasks.db`,
    owner: owners.nameOf(worker),
    concurrency: settings.taskConcurrency,
    lease: settings.taskLease,
    retention: settings.taskRetention,
    sizeLimit: settings.taskSizeLimit,
  };
}

export function composeTasks(options: TasksOptions, owners: TaskOwners): Tasks {
  const { system, lifecycle, counters, scoreboard, generations, taskTable, runtimeDirectory, post } = options;
  const { clock } = system;
  const statistics = new TaskStatistics();
  const restartPolicy = new RestartPolicy({
    system,
    lifecycle,
    counters,
    wake: () => post({ type: "wake" }),
  });
  const spawner = new Spawner({
    ...{ ...options, workerTable: taskTable, role: "tasks" },
    isSteering: () => false,
    tasksFor: (worker) => taskConfigFor(system.host, owners, runtimeDirectory, worker),
    sharedResources: () => ({
      ...{ listen: [], isBindDefault: false, unixSockets: [], runtimeDirectory },
      scoreboard: scoreboard.descriptor,
    }),
  });
  const others = () => options.workerTable.serving();
  const pool = new TaskPool({
    ...{ system, lifecycle, workerTable: taskTable, generations, spawner, restartPolicy, owners, statistics },
    others,
    isDrained: options.isDrained,
  });
  const desk = new TaskDesk(clock, () => [
    ...taskTable.serving(),
    ...others().filter(({ generation: { bundle } }) => bundle?.hasTasks === true),
  ]);
  const heartbeatMonitor = new HeartbeatMonitor(clock, taskTable, scoreboard);
  return {
    ...{ pool, desk, statistics, workerTable: taskTable, spawner, heartbeatMonitor, restartPolicy },
    events: new TaskEvents({
      ...{ clock, workerTable: taskTable, scoreboard, lifecycle, restartPolicy, generations, statistics },
      ...{ desk, owners, pool, isStopping: options.isStopping },
      isUsed: (generation) => options.workerTable.uses(generation) || taskTable.uses(generation),
    }),
    stallReporter: new StallReporter({
      ...{ clock, workerTable: taskTable, scoreboard, heartbeatMonitor, lifecycle },
    }),
    recycling: new Recycling({
      ...{ system, logger: options.log.logger, workerTable: taskTable, scoreboard, lifecycle, counters },
    }),
  };
}
