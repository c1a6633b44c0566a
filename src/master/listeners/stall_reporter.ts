/** Reports event loops that are blocked for long: once when it has been long, and once when they are responsive again. */

import type { Clock } from "../../system/system.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { Heartbeat, HeartbeatMonitor } from "./heartbeat_monitor.ts";

/** With `slow-request` off: longer than any pause of a healthy worker, shorter than the default `timeout`. */
const longStall = 5_000;

interface StallReporterOptions {
  readonly clock: Clock;
  readonly workerTable: WorkerTable;
  readonly scoreboard: Scoreboard;
  readonly heartbeatMonitor: HeartbeatMonitor;
  readonly lifecycle: LifecycleLog;
}

export class StallReporter {
  readonly #options: StallReporterOptions;
  /** The last heartbeat before each stall that was reported and has not ended. */
  readonly #reported = new WeakMap<WorkerHandle, Heartbeat>();

  constructor(options: StallReporterOptions) {
    this.#options = options;
  }

  /** Call it right after a poll of the heartbeat monitor: only then are pauses of the master itself accounted for. */
  report(slowRequest: number): void {
    const { clock, workerTable, scoreboard, heartbeatMonitor, lifecycle } = this.#options;
    const now = clock.monotonic();
    const limit = slowRequest > 0 ? slowRequest : longStall;
    workerTable.forEach((worker) => {
      const { state, slot } = worker;
      const last = heartbeatMonitor.lastHeartbeat(worker);
      if (last === null || (state.is !== "ready" && state.is !== "draining")) return;
      const reported = this.#reported.get(worker);
      if (reported !== undefined) {
        if (reported.count === last.count) return;
        this.#reported.delete(worker);
        lifecycle.responsiveAgain(worker, last.at - reported.at);
      }
      const silence = now - last.at;
      if (silence < limit || silence < scoreboard.heartbeatTimeout(slot, limit)) return;
      this.#reported.set(worker, last);
      lifecycle.blocked(worker, silence);
    });
  }
}
