/** Finds the store that the setting names, and loads only what that one needs. */

import { lazyModule } from "../../system/lazy_module.ts";
import { withoutDebug } from "../../redis/without_debug.ts";
import type { System } from "../../system/system.ts";
import type { TaskPlace } from "../../settings/kinds/task_place.ts";
import type { StoreOptions, TaskStore } from "../../tasks/task_store.ts";

const loadSqlite = lazyModule(() => import("../../tasks/sqlite/sqlite_store.ts"));
const loadBullMq = lazyModule(() => import("../../tasks/bullmq/bullmq_store.ts"));

/** `memory`: the file that stands for the store `memory:`. Opens nothing yet: a store that is away is reported when it is used. */
export async function openTaskStore(
  system: System,
  place: TaskPlace,
  memory: string,
  options: StoreOptions,
): Promise<TaskStore> {
  switch (place.kind) {
    case "sqlite":
      return (await loadSqlite()).sqliteStore(system, { path: place.path, isDurable: true }, options);
    case "memory":
      return (await loadSqlite()).sqliteStore(system, { path: memory, isDurable: false }, options);
    case "redis":
      return (await withoutDebug(system.host, loadBullMq)).bullMqStore(system, place.url, options);
  }
}
