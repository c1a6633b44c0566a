/** The number of workers that the settings allow. */

import { surgeOf } from "../core/pool/plan.ts";
import { threadBounds } from "./kinds/number.ts";
import type { Settings } from "./settings.ts";

export interface WorkerRange {
  readonly min: number;
  readonly max: number;
  /** True without autoscaling: then only an operator changes the number, without limits. */
  readonly isFixed: boolean;
}

type ThreadSettings = Pick<Settings, "workerClass" | "threads" | "workers">;
type WorkerSettings = Pick<Settings, "minWorkers" | "maxWorkers"> & ThreadSettings;

/** How many workers each process has. `cores` are those this process may use. */
export function threadsPerProcess({ workerClass, threads, workers }: ThreadSettings, cores: number): number {
  if (workerClass !== "threads") return 1;
  // Together the processes have one for each core.
  return threads ?? Math.min(Math.max(Math.floor(cores / workers), 1), threadBounds.to);
}

/** The settings count processes, and the range workers, which may be threads. */
export function workerRange(settings: WorkerSettings, cores: number): WorkerRange {
  const { workers, minWorkers, maxWorkers } = settings;
  const each = threadsPerProcess(settings, cores);
  if (minWorkers === undefined && maxWorkers === undefined) {
    return { min: workers * each, max: workers * each, isFixed: true };
  }
  const min = minWorkers ?? 1;
  const max = maxWorkers ?? Math.max(min, Math.floor(cores / each));
  return { min: min * each, max: max * each, isFixed: false };
}

/** How many workers beyond `target` a reload may start at a time: the setting counts processes. */
export function surgeOfWorkers(
  settings: Pick<Settings, "reloadSurge"> & ThreadSettings,
  target: number,
  cores: number,
): number {
  const each = threadsPerProcess(settings, cores);
  return each * surgeOf(settings.reloadSurge, Math.ceil(target / each));
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
