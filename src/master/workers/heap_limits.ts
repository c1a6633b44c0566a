/** The limit of the heap of the workers of each generation, and the command that starts them with it. */

import { reasonOf } from "../../core/reason.ts";
import { leastHeap, shareOfHeap } from "../../core/pool/heap_limit.ts";
import { taskSurge } from "../../core/pool/plan.ts";
import type { Logger } from "../../log/logger.ts";
import { showSize } from "../../settings/kinds/size.ts";
import type { Settings } from "../../settings/settings.ts";
import { taskRange } from "../../settings/task_range.ts";
import { surgeOfWorkers, workerRange } from "../../settings/worker_range.ts";
import { readAvailableMemory } from "../../system/host/cgroup.ts";
import { selfCommand } from "../../system/processes/self_command.ts";
import type { System } from "../../system/system.ts";
import type { Generation } from "./generation.ts";

/**
 * The command for a worker of a generation. If the limit cannot be set, its workers run without, with a warning. The
 * function throws if the program cannot be started any more.
 */
export function limitedCommands(
  system: System,
  logger: Logger,
): (generation: Generation) => [string, ...string[]] {
  /** How many task workers the limit of a generation counts: before its bundle is built, that may not be known yet. */
  const counted = new WeakMap<Generation, number>();
  return (generation) => {
    const taskWorkers = taskWorkersOf(system, generation);
    if (counted.get(generation) !== taskWorkers) {
      counted.set(generation, taskWorkers);
      generation.heapLimit = heapLimitFor(system, logger, generation.settings, taskWorkers);
    }
    const { heapLimit: limit = 0 } = generation;
    try {
      return selfCommand(system, limit);
    } catch (error) {
      if (limit === 0) throw error;
      generation.heapLimit = 0;
      const reason = reasonOf(error);
      logger.warning`cannot set max-heap ${
        showSize(limit)
      }: ${reason}: workers run without it: set TMPDIR to a directory on a disk that allows programs and has 110 MB free, or use max-memory`;
      return selfCommand(system);
    }
  };
}

const megabyte = 1024 ** 2;

/** At most. */
function taskWorkersOf({ host }: System, { settings, bundle }: Generation): number {
  return taskRange(settings, bundle?.hasTasks ?? settings.tasks !== undefined, host.cores()).max;
}

/** Bytes; 0 for the limit of the runtime. */
function heapLimitFor(system: System, logger: Logger, settings: Settings, taskWorkers: number): number {
  const { maxHeap, spareWorkers } = settings;
  if (maxHeap !== "auto") return Math.floor(maxHeap / megabyte) * megabyte;
  const available = readAvailableMemory(system);
  if (available === null) {
    logger.warning`max-heap auto: the system does not show how much memory there is: give a size`;
    return 0;
  }
  const { memory, isLimit } = available;
  const { max } = workerRange(settings, system.host.cores());
  const workers = max + spareWorkers + taskWorkers;
  const surge = surgeOfWorkers(settings, max, system.host.cores()) + (taskWorkers > 0 ? taskSurge : 0);
  const { limit, fits } = shareOfHeap({ memory, workers, surge });
  const total = `${Math.floor(memory / megabyte)}M of the ${
    isLimit ? "control group" : "machine"
  } for ${workers} ${workers === 1 ? "worker" : "workers"}`;
  if (!fits) {
    logger
      .warning`max-heap auto: ${total} is too little: each gets the least, ${
      showSize(leastHeap)
    }, and the kernel may still kill one: use fewer workers or more memory`;
  } else {
    logger.debug`max-heap auto: ${total}: ${limit === null ? "the limit of the runtime" : showSize(limit)}`;
  }
  return limit ?? 0;
}
