/** Automatic scaling: samples the workers for `core/pool/autoscale.ts` and carries out its decisions. */

import { autoscale, initialAutoscaling, type Limits } from "../../core/pool/autoscale.ts";
import type { Sample, WorkerSample } from "../../core/pool/load.ts";
import { waitingConnections } from "../../system/network/listen_queues.ts";
import { parseCpuSeconds } from "../../system/processes/proc_stat.ts";
import type { MasterPhase } from "../../core/telemetry/status.ts";
import { Throttle } from "../../core/throttle.ts";
import type { Logger } from "../../log/logger.ts";
import type { Settings } from "../../settings/settings.ts";
import { threadsPerProcess, workerRange } from "../../settings/worker_range.ts";
import type { System } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { WorkerPool } from "./worker_pool.ts";
import type { Generations } from "../generations/generations.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import { MemoryReadings } from "../workers/memory_readings.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import { statPath } from "../workers/process_readings.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";
import type { HeartbeatMonitor } from "../listeners/heartbeat_monitor.ts";
import type { ListenOrder } from "../listeners/listen_order.ts";
import type { SharedSockets } from "../listeners/shared_sockets.ts";
import type { Steering } from "../listeners/steering.ts";

interface AutoscalerOptions {
  readonly system: System;
  readonly logger: Logger;
  readonly workerTable: WorkerTable;
  readonly scoreboard: Scoreboard;
  readonly steering: Steering;
  readonly sharedSockets: Pick<SharedSockets, "waiting">;
  readonly listenOrder: ListenOrder;
  readonly heartbeatMonitor: HeartbeatMonitor;
  readonly generations: Generations;
  readonly pool: WorkerPool;
  readonly lifecycle: LifecycleLog;
}

/** CPU time is counted in steps of 10 ms: over a shorter time its share would mean nothing. */
const shortestPause = 100;

/** Interval between log lines about a limit that persists, in milliseconds. */
const limitLogInterval = 60_000;

/** Bytes of a table in /proc/net to read: it lists all listeners before the connections. */
const listenerBytes = 65_536;

export class Autoscaler {
  readonly #options: AutoscalerOptions;
  readonly #readings: MemoryReadings;
  readonly #cpuUsed = new WeakMap<WorkerHandle, { readonly seconds: number; readonly at: number }>();
  readonly #limitThrottle = new Throttle(limitLogInterval);
  #state = initialAutoscaling;
  #lastPoll = -Infinity;

  constructor(options: AutoscalerOptions) {
    this.#options = options;
    this.#readings = new MemoryReadings(options.system, options.logger, "memory-budget");
  }

  /**
   * Call it with every tick, and as soon as a worker is blocked or responsive again. It does nothing before the first
   * worker is ready, or while the server upgrades or stops.
   */
  poll(phase: MasterPhase): void {
    const { system, workerTable, pool, generations, lifecycle } = this.#options;
    if (phase !== "running" && phase !== "reloading") return;
    const { settings } = generations.serving;
    const range = workerRange(settings, system.host.cores());
    const now = system.clock.monotonic();
    // With target 0 all workers were drained on request: that is left to the operator.
    if (range.isFixed || pool.target === 0 || now - this.#lastPoll < shortestPause) return;
    // Connections that wait because all workers have died call for replacements, not for more workers.
    if (workerTable.serving().length === 0) return;
    this.#lastPoll = now;
    const { scaling, decision, limitedBy } = autoscale(this.#state, this.#sample(settings, now), {
      ...range,
      ...limitsOf(settings),
      cores: system.host.cores(),
      // A thread alone would cost as much as a process with all its threads.
      each: threadsPerProcess(settings, system.host.cores()),
    });
    this.#state = scaling;
    if (decision !== null) pool.scale(decision.target, decision.reason);
    if (limitedBy !== undefined && this.#limitThrottle.pass(now) !== null) {
      lifecycle.scalingLimited(pool.target, limitedBy);
    }
  }

  #sample(settings: Settings, now: number): Sample {
    const { workerTable, pool } = this.#options;
    const serving = workerTable.serving();
    const workers = serving.filter((worker) => !worker.isSpare);
    return {
      at: now,
      target: pool.target,
      workers: workers.map((worker) => this.#sampleWorker(worker, now)),
      leaving: workerTable.members().filter(({ is }) => is === "leaving").length,
      waiting: this.#waiting(),
      memory: settings.memoryBudget === undefined ? null : this.#memory(serving),
    };
  }

  #sampleWorker(worker: WorkerHandle, now: number): WorkerSample {
    const { scoreboard, heartbeatMonitor } = this.#options;
    const { inFlight, lag, heartbeats, heartbeatInterval } = scoreboard.read(worker.slot);
    // A heartbeat that is overdue says more than the lag at the last one.
    const last = heartbeatMonitor.lastHeartbeat(worker);
    const overdue = last?.count === heartbeats ? now - last.at - heartbeatInterval : 0;
    return { inFlight, cpu: this.#cpuShare(worker, now), lag: Math.max(lag, overdue) };
  }

  /** For workers that have not been read yet, the mean of the others is assumed. */
  #memory(workers: readonly WorkerHandle[]): number | null {
    this.#readings.refresh(workers);
    const known = workers.map((worker) => this.#readings.shareOf(worker)).filter((bytes) => bytes !== null);
    if (known.length === 0) return null;
    return known.reduce((sum, bytes) => sum + bytes, 0) / known.length * workers.length;
  }

  /** CPU time since the last sample of this worker, as a share of one core. */
  #cpuShare(worker: WorkerHandle, now: number): number | null {
    const seconds = this.#cpuSeconds(worker);
    const before = this.#cpuUsed.get(worker);
    if (seconds === null) return null;
    this.#cpuUsed.set(worker, { seconds, at: now });
    return before === undefined ? null : (seconds - before.seconds) * 1000 / (now - before.at);
  }

  #cpuSeconds({ process }: WorkerHandle): number | null {
    const path = statPath(process);
    if (path === null) return null;
    try {
      return parseCpuSeconds(this.#options.system.files.readTextSync(path));
    } catch {
      // The process is gone, or there is no /proc here.
      return null;
    }
  }

  #waiting(): number {
    const { system, steering, listenOrder, sharedSockets } = this.#options;
    const ports = new Set(listenOrder.addresses.map(({ port }) => port));
    return sharedSockets.waiting +
      (steering.backlog ?? ["/proc/net/tcp", "/proc/net/tcp6"].reduce((sum, path) => {
        try {
          const table = new TextDecoder().decode(system.files.readRange(path, 0, listenerBytes));
          return sum + waitingConnections(table, ports);
        } catch {
          return sum;
        }
      }, 0));
  }
}

function limitsOf(settings: Settings): Omit<Limits, "min" | "max" | "cores"> {
  const { workerClass, scaleBacklog, scaleUpBusy, scaleDownBusy, idleTimeout, memoryBudget } = settings;
  return {
    ...{ scaleBacklog, idleTimeout },
    targetConcurrency: workerClass === "sync" ? 1 : settings.targetConcurrency,
    scaleUpBusy: scaleUpBusy / 100,
    scaleDownBusy: scaleDownBusy / 100,
    memoryBudget: memoryBudget ?? null,
  };
}
