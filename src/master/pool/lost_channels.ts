/** What becomes of workers that have lost their channel and do not end by themselves. */

import { isWanted } from "../../core/pool/worker_state.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { RestartPolicy } from "./restart_policy.ts";

/** The kernel closes the channel of a killed process some milliseconds before it reports the end of the process. */
const endOfProcess = 1_000;

interface LostOptions {
  readonly workerTable: WorkerTable;
  readonly restartPolicy: RestartPolicy;
  /** How many of these workers should be ready. */
  readonly target: number;
  /** Ends a worker that cannot become ready any more. */
  readonly distrust: (worker: WorkerHandle, reason: string) => void;
}

/** Call it with every tick. */
export function endLostWorkers(
  { workerTable, restartPolicy, target, distrust }: LostOptions,
  now: number,
): void {
  workerTable.forEach((worker) => {
    if (!isWanted(worker.state) || worker.lostChannelFor(now) < endOfProcess) return;
    if (worker.state.is === "booting") return distrust(worker, "its channel closed");
    // A worker in which the app has closed the channel does not notice it.
    worker.process.kill("SIGTERM");
    worker.apply({ type: "draining" }, now);
    restartPolicy.record(worker, "lost its channel to the master: finishing", "crash", target);
  });
}
