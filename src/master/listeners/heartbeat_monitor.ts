/**
 * Reads every worker's beat from memory, often: a worker whose event loop is held up shall get no new connections
 * until it turns again.
 */

import { restingInterval } from "../workers/generation.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";

export interface Snapshot {
  /** A worker was held up, or turns again. */
  readonly changed: boolean;
  /** No worker has anything to do. */
  readonly isResting: boolean;
}

export class HeartbeatMonitor {
  readonly #workerTable: WorkerTable;
  readonly #scoreboard: Scoreboard;
  #lastPoll: number | null = null;

  constructor(workerTable: WorkerTable, scoreboard: Scoreboard) {
    this.#workerTable = workerTable;
    this.#scoreboard = scoreboard;
  }

  /**
   * Looks at all workers, `interval` milliseconds after the last time. A worker has stalled when no beat came for
   * `stallAfter`. Tells whether that changed for any of them.
   */
  poll(now: number, interval: number, stallAfter: number): Snapshot {
    // When the master itself was late, its workers' beats may all seem old: they get that time.
    const pause = Math.max(0, now - (this.#lastPoll ?? now) - interval);
    this.#lastPoll = now;
    let changed = false;
    let isResting = true;
    this.#workerTable.forEach((worker) => {
      if (worker.state.is !== "ready" && worker.state.is !== "draining") return;
      if (this.#scoreboard.heartbeatInterval(worker.slot) < restingInterval) isResting = false;
      const heartbeat = this.#scoreboard.heartbeat(worker.slot);
      if (worker.heartbeat === null) {
        worker.heartbeat = { heartbeat, at: now };
      } else if (heartbeat !== worker.heartbeat.heartbeat) {
        worker.heartbeat = { heartbeat, at: now };
        worker.apply({ type: "heartbeat" }, now);
      } else if (pause > 0) {
        worker.heartbeat = { heartbeat, at: worker.heartbeat.at + pause };
      }
      const silence = now - worker.heartbeat.at;
      const isStalled = stallAfter > 0 &&
        silence > this.#scoreboard.heartbeatTimeout(worker.slot, stallAfter);
      if (isStalled === worker.isStalled) return;
      worker.isStalled = isStalled;
      changed = true;
    });
    return { changed, isResting };
  }
}
