/** How many workers are ready: the one meaning of that in every status, chart and probe. */

import type { Status, WorkerStatus } from "./status.ts";

interface WorkerCounts {
  /** They get new connections; at most `wanted`, as while workers are replaced there are more than there will be. */
  readonly ready: number;
  readonly spare: number;
  /** They have booted, and get no new connections for now. */
  readonly paused: number;
  /** All the rest. */
  readonly others: number;
  /** How many should be ready, without spares. */
  readonly wanted: number;
}

/** Of the workers of `generation`, if it is given: those of another are `others`. */
export function workerCounts(
  { workers, target }: Pick<Status, "workers" | "target">,
  generation: number | null = null,
): WorkerCounts {
  const count = (wanted: WorkerStatus["state"]) =>
    workers.filter((worker) =>
      worker.state === wanted && (generation === null || worker.generation === generation)
    ).length;
  const ready = Math.min(count("ready"), target);
  const [spare, paused] = [count("spare"), count("paused")];
  return { ready, spare, paused, others: workers.length - ready - spare - paused, wanted: target };
}

/** How many processes `target` is: workers that are threads have theirs in common. */
export function processTarget({ workers, target }: Pick<Status, "workers" | "target">): number {
  const threads = Map.groupBy(workers, ({ pid }) => pid).values().map(({ length }) => length);
  return Math.ceil(target / Math.max(1, ...threads));
}

/** True for one that answers requests, or would at once if it were needed. */
export function canServe({ state }: Pick<WorkerStatus, "state">): boolean {
  return state === "ready" || state === "spare";
}
