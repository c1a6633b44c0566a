/** The number of task workers that the settings allow. */

import type { Settings } from "./settings.ts";
import type { WorkerRange } from "./worker_range.ts";

type TaskSettings = Pick<Settings, "taskWorkers" | "minTaskWorkers" | "maxTaskWorkers" | "tasksInWorkers">;

/** `cores` are those this process may use. An app without tasks has no task workers. */
export function taskRange(
  { taskWorkers, minTaskWorkers, maxTaskWorkers, tasksInWorkers }: TaskSettings,
  hasTasks: boolean,
  cores: number,
): WorkerRange {
  if (!hasTasks) return { min: 0, max: 0, isFixed: true };
  if (minTaskWorkers === undefined && maxTaskWorkers === undefined) {
    const fixed = taskWorkers ?? (tasksInWorkers === true ? 0 : 1);
    return { min: fixed, max: fixed, isFixed: true };
  }
  const min = minTaskWorkers ?? Math.min(1, maxTaskWorkers ?? 1);
  return { min, max: maxTaskWorkers ?? Math.max(min, cores), isFixed: false };
}
