/** The number of workers that the settings allow. */

import type { Settings } from "./settings.ts";

export interface WorkerRange {
  readonly min: number;
  readonly max: number;
  /** True without autoscaling: then only an operator changes the number, without limits. */
  readonly isFixed: boolean;
}

type WorkerSettings = Pick<Settings, "workers" | "minWorkers" | "maxWorkers">;

/** `cores` are those this process may use. */
export function workerRange({ workers, minWorkers, maxWorkers }: WorkerSettings, cores: number): WorkerRange {
  if (minWorkers === undefined && maxWorkers === undefined) {
    return { min: workers, max: workers, isFixed: true };
  }
  const min = minWorkers ?? 1;
  return { min, max: maxWorkers ?? Math.max(min, cores), isFixed: false };
}

/** `target`, limited to the range. */
export function within({ min, max }: WorkerRange, target: number): number {
  return Math.min(Math.max(target, min), max);
}

/**
 * The target after a reload with other settings: a changed number of workers replaces it. A target of 0 stays, since
 * all workers were drained after the reload was requested.
 */
export function retarget(target: number, from: WorkerRange, to: WorkerRange): number {
  if (target === 0) return 0;
  if (!to.isFixed) return within(to, target);
  return from.isFixed && from.min === to.min ? target : to.min;
}
