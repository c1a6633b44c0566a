/** How many workers the settings allow. */

import type { Settings } from "./settings.ts";

export interface WorkerRange {
  readonly min: number;
  readonly max: number;
  /** True for `workers` alone: then only an operator changes the number, and to what he likes. */
  readonly isFixed: boolean;
}

type Given = Pick<Settings, "workers" | "minWorkers" | "maxWorkers">;

/** `cores` are those this process may use. */
export function workerRange({ workers, minWorkers, maxWorkers }: Given, cores: number): WorkerRange {
  if (minWorkers === undefined && maxWorkers === undefined) {
    return { min: workers, max: workers, isFixed: true };
  }
  const min = minWorkers ?? 1;
  return { min, max: maxWorkers ?? Math.max(min, cores), isFixed: false };
}

/** A number of workers within what automatic scaling may choose. */
export function within({ min, max }: WorkerRange, target: number): number {
  return Math.min(Math.max(target, min), max);
}

/**
 * What a target becomes when a reload brings other settings: a number that was given anew counts. All that were
 * drained since the reload began stay so: whoever asked for it knew of the reload.
 */
export function retarget(target: number, from: WorkerRange, to: WorkerRange): number {
  if (target === 0) return 0;
  if (!to.isFixed) return within(to, target);
  return from.isFixed && from.min === to.min ? target : to.min;
}
