/** Jobs of `Deno.cron` as tasks: each firing is added under a key, so that it runs once for all that share the store. */

import type { TaskDefinition } from "../../app/load/app_tasks.ts";
import { runOptionsIn } from "../../app/load/task_options.ts";
import { encodePayload } from "../../tasks/payload.ts";
import type { NewTask } from "../../tasks/task_store.ts";

/** No name that an app gives its tasks is likely to begin so. */
const prefix = "Deno.cron ";

/** `due`: milliseconds since 1970. */
export function taskOfJob(job: string, due: number): NewTask {
  return {
    ...runOptionsIn({}),
    name: prefix + job,
    payload: encodePayload({ due: new Date(due).toISOString() }),
    runAt: 0,
    key: `${prefix}${job} ${due}`,
  };
}

/** `undefined` if `name` is no such task, or the app has no such job. */
export function definitionOfJob(
  name: string,
  jobOf: (job: string) => (() => unknown) | undefined,
): TaskDefinition | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const job = jobOf(name.slice(prefix.length));
  return job === undefined ? undefined : { ...runOptionsIn({}), run: () => job(), schema: null };
}
