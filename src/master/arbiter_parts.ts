/** What an arbiter consists of, and which part needs which. */

import type { Log } from "../log/logger.ts";
import type { System } from "../system/system.ts";
import { WorkerPool } from "./pool/worker_pool.ts";
import { RestartPolicy } from "./pool/restarts.ts";
import { EventLog } from "./telemetry/event_log.ts";
import type { MasterEvent } from "./workers/events.ts";
import type { Generation } from "./workers/generation.ts";
import { Generations, type GenerationSource } from "./generations/generations.ts";
import type { Launch } from "./transitions/launch.ts";
import { LifecycleLog } from "./telemetry/lifecycle_log.ts";
import { WorkerEvents } from "./worker_events.ts";
import { Recycling } from "./pool/recycling.ts";
import { Reload } from "./transitions/reload.ts";
import { WorkerTable } from "./workers/worker_table.ts";
import { Autoscaler } from "./pool/autoscaler.ts";
import type { Scoreboard } from "./workers/scoreboard.ts";
import { Shutdown } from "./transitions/shutdown.ts";
import { Spawner, type StartWorkerProcess } from "./workers/spawner.ts";
import type { Steering } from "./listeners/steering.ts";
import type { Takeover } from "./transitions/takeover.ts";
import { ServerCounters } from "./telemetry/counters.ts";
import { Traffic } from "./listeners/traffic.ts";
import { Upgrade } from "./transitions/upgrade.ts";

export interface ArbiterOptions {
  readonly system: System;
  readonly log: Log;
  readonly startProcess: StartWorkerProcess;
  readonly source: GenerationSource;
  readonly first: Generation;
  readonly steering: Steering;
  readonly scoreboard: Scoreboard;
  readonly runtimeDirectory: string;
  readonly launch: Launch;
  /** `null` while nobody is answered there. */
  readonly controlSocket: () => string | null;
  /** Set in a master that takes the place of another one. */
  readonly takeover: Takeover | null;
}

export type ArbiterParts = ReturnType<typeof arbiterParts>;

/** `post` hands an event to the arbiter. */
export function arbiterParts(options: ArbiterOptions, post: (event: MasterEvent) => void) {
  const { system, log, source, first, scoreboard } = options;
  const { clock } = system;
  const { logger } = log;
  const workerTable = new WorkerTable();
  const eventLog = new EventLog(clock);
  const lifecycle = new LifecycleLog(logger, eventLog);
  const spawner = new Spawner({ ...options, workerTable, post });
  const generations = new Generations(first, source, post);
  const counters = new ServerCounters(system, scoreboard);
  const wake = () => post({ type: "tick" });
  const restartPolicy = new RestartPolicy({ system, lifecycle, scoreboard, counters, wake });
  const traffic = new Traffic(clock, workerTable, options.steering, scoreboard, lifecycle);
  const pool = new WorkerPool({
    ...{ system, lifecycle, workerTable, generations, spawner, restartPolicy, traffic, counters, scoreboard },
    target: options.takeover?.target,
    onFailedSpawn: (generation, failure) => workerEvents.failBoot(generation, () => failure),
  });
  const reload = new Reload({
    ...{ clock, log, lifecycle, generations, workerTable, pool, counters },
  });
  const autoscaler = new Autoscaler({
    ...options,
    ...{ logger, lifecycle, workerTable, traffic, generations, pool },
  });
  const recycling = new Recycling({ system, logger, workerTable, scoreboard, lifecycle, counters });
  const shutdown = new Shutdown({
    ...{ clock, lifecycle, workerTable, traffic, wake },
    settings: () => generations.serving.settings,
  });
  const workerEvents: WorkerEvents = new WorkerEvents({
    ...{ clock, workerTable, scoreboard, lifecycle, restartPolicy, traffic, counters, generations, pool },
    ...{ reload, shutdown },
  });
  const upgrade = new Upgrade({
    ...{ ...options, logger, lifecycle, workerTable, traffic, counters, post },
    ...{ generations, pool, workerEvents, restartPolicy, reload },
  });
  return {
    ...{
      workerTable,
      eventLog,
      lifecycle,
      spawner,
      generations,
      counters,
      restartPolicy,
      traffic,
      pool,
      reload,
    },
    ...{ autoscaler, recycling, shutdown, workerEvents, upgrade },
  };
}
