/** Tasks that are added again and again, as job schedulers of BullMQ: whichever worker takes a job adds the next one. */

// @ts-types="../../../types/bullmq.d.ts"
import type { Queue } from "bullmq";
import { nextFiring } from "../../core/tasks/cron_schedule.ts";
import type { CronTask } from "../task_store.ts";
import { jobOptions } from "./queue_jobs.ts";

/** Schedulers of other programs that share the queue have other ids. */
const ours = "denicorn-";

/**
 * When the next job is due, in milliseconds since 1970: as in other stores, where workers of Denicorn take the job before.
 * Other programs leave it to the parser of BullMQ.
 */
export function repeatStrategy(
  from: number,
  { pattern, tz }: { readonly pattern?: string; readonly tz?: string },
): number | undefined {
  return pattern === undefined ? undefined : nextFiring(pattern, tz ?? null, from) ?? undefined;
}

/** Adds, changes and removes job schedulers until they are those of `entries`. */
export async function scheduleJobs(queue: Queue, entries: readonly CronTask[]): Promise<void> {
  const known = new Map(
    (await queue.getJobSchedulers()).filter(({ key }) => key.startsWith(ours)).map((one) => [one.key, one]),
  );
  for (const entry of entries) {
    const { name, schedule, task, timezone } = entry;
    const id = ours + encodeURIComponent(name);
    const existing = known.get(id);
    known.delete(id);
    const tz = timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    const template = { name: task.name, data: JSON.parse(task.payload) as unknown, opts: jobOptions(task) };
    // A job that is overdue because no worker was there would be replaced by the next one, and lost.
    const isSame = existing !== undefined && existing.pattern === schedule && existing.tz === tz &&
      existing.name === task.name &&
      isEqual(existing.template?.data, template.data) && includes(existing.template?.opts, template.opts);
    if (!isSame) await queue.upsertJobScheduler(id, { pattern: schedule, tz }, template);
  }
  for (const id of known.keys()) await queue.removeJobScheduler(id);
}

function isEqual(stored: unknown, wanted: unknown): boolean {
  return JSON.stringify(stored ?? {}) === JSON.stringify(wanted ?? {});
}

/** BullMQ stores the options of all jobs with them. */
function includes(stored: object = {}, wanted: object): boolean {
  return Object.entries(wanted).every(([name, value]) => isEqual(Reflect.get(stored, name), value)) &&
    ["backoff", "priority", "timeout"].every((name) => name in wanted || !(name in stored));
}
