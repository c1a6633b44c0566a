import { messageOf } from "../../core/thrown.ts";
import { withoutDebug } from "../../redis/without_debug.ts";
import type { TaskPlace } from "../../settings/kinds/task_place.ts";
import { lazyModule } from "../../system/lazy_module.ts";
import { type Check, type Finding, ok, problem } from "../check.ts";

const loadBullMq = lazyModule(() => import("../../tasks/bullmq/bullmq_store.ts"));

export const taskStore: Check = {
  name: "task-store",
  why: "Background tasks wait there. A Redis that evicts keys when its memory is full throws tasks away.",
  change:
    "Start the Redis that task-store names, and set `maxmemory-policy noeviction` in its configuration.",
  lossWindow: "when Redis evicts keys: the tasks that wait",
  onFailure: "problem",
  async run({ system, settings: { taskStore } }) {
    if (taskStore.kind !== "redis") return judgeLocal(taskStore);
    const { bullMqStore, evictionProblem } = await withoutDebug(system.host, loadBullMq);
    // The times matter only to those who take tasks.
    const store = bullMqStore(system, taskStore.url, { lease: 30_000, retention: 0 });
    try {
      const eviction = await evictionProblem(store);
      return eviction === null ? ok(`Redis at ${store.place} answers and evicts nothing`) : problem(eviction);
    } catch (error) {
      return { ...problem(messageOf(error)), leavesOpen: false };
    } finally {
      await store.close();
    }
  },
};

function judgeLocal(place: Exclude<TaskPlace, { readonly kind: "redis" }>): Finding {
  return ok(
    place.kind === "memory" ? "memory: tasks are lost when the server stops" : `the file ${place.path}`,
  );
}
