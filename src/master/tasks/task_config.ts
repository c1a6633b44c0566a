/** What workers get to know about tasks. */

import type { TaskConfig } from "../../protocol/task_messages.ts";
import { taskRange } from "../../settings/task_range.ts";
import type { Host } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { TaskOwners } from "./task_owners.ts";
import { takesTasks } from "./task_pool.ts";

/** The folder in the runtime directory for the file that stands for the store `memory:`. */
export const memoryStoreFolder = "tasks";

/** What a worker needs to add tasks, and to run them if it takes any; `null` if its app has none. */
export function taskConfigFor(
  host: Pick<Host, "cores">,
  owners: TaskOwners,
  runtimeDirectory: string,
  worker: WorkerHandle,
): TaskConfig | null {
  const { settings, bundle } = worker.generation;
  if (bundle?.hasTasks !== true) return null;
  return {
    runs: worker.role === "tasks" || takesTasks(worker.generation),
    areTaken: takesTasks(worker.generation) || taskRange(settings, true, host.cores()).max > 0,
    store: settings.taskStore,
    memory: `${runtimeDirectory}/${memoryStoreFolder}/tasks.db`,
    owner: owners.nameOf(worker),
    concurrency: settings.taskConcurrency,
    lease: settings.taskLease,
    retention: settings.taskRetention,
    sizeLimit: settings.taskSizeLimit,
  };
}
