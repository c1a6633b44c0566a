/** Tells of event loops that are held up, once when it has been long, and once when they turn again. */

import type { RunningRequest } from "../../core/telemetry/running_request.ts";
import type { Clock } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";

/** Where `slow-request` is off: longer than any pause of a healthy worker, shorter than the default `timeout`. */
const longStall = 5_000;

interface ReportedStall {
  /** The last beat before. */
  readonly heartbeat: number;
  readonly since: number;
}

export class StallReporter {
  readonly #clock: Clock;
  readonly #workerTable: WorkerTable;
  readonly #scoreboard: Scoreboard;
  readonly #lifecycle: LifecycleLog;
  readonly #reported = new WeakMap<WorkerHandle, ReportedStall>();

  constructor(clock: Clock, workerTable: WorkerTable, scoreboard: Scoreboard, lifecycle: LifecycleLog) {
    this.#clock = clock;
    this.#workerTable = workerTable;
    this.#scoreboard = scoreboard;
    this.#lifecycle = lifecycle;
  }

  /** To be asked right after the beats were looked at: only then a pause of the master itself is allowed for. */
  report(slowRequest: number): void {
    const now = this.#clock.monotonic();
    const limit = slowRequest > 0 ? slowRequest : longStall;
    this.#workerTable.forEach((worker) => {
      const { heartbeat, state } = worker;
      if (heartbeat === null || (state.is !== "ready" && state.is !== "draining")) return;
      const reported = this.#reported.get(worker);
      if (reported !== undefined) {
        if (reported.heartbeat === heartbeat.heartbeat) return;
        this.#reported.delete(worker);
        this.#lifecycle.responsiveAgain(worker, heartbeat.at - reported.since);
      }
      const silence = now - heartbeat.at;
      if (silence < limit || silence < this.#scoreboard.heartbeatTimeout(worker.slot, limit)) return;
      this.#reported.set(worker, { heartbeat: heartbeat.heartbeat, since: heartbeat.at });
      this.#lifecycle.blocked(worker, silence, this.#culprit(worker));
    });
  }

  /** Only the handler that has not come back is surely to blame; the longest request is a hint. */
  #culprit(worker: WorkerHandle): string {
    const { pid, entered, longest } = this.#scoreboard.read(worker.slot);
    if (pid !== worker.process.pid) return "";
    if (entered !== null) return ` by ${named(entered)}`;
    return longest === null ? "" : `; the longest request in flight is ${named(longest)}`;
  }
}

function named({ method, path }: RunningRequest): string {
  return `${method} ${path}`;
}
