/** What BullMQ knows of a queue, as the numbers of a store. */

// @ts-types="../../../types/bullmq.d.ts"
import type { Job, Queue } from "bullmq";
// @ts-types="../../../types/ioredis.d.ts"
import type { Redis } from "ioredis";
import type { TaskCounts, TaskState } from "../task_store.ts";
import { taskState } from "./queue_jobs.ts";

/** `now`: milliseconds since 1970. */
export async function countTasks(client: Redis, queue: Queue, now: number): Promise<TaskCounts> {
  const types = ["wait", "prioritized", "active", "delayed", "completed", "failed"] as const;
  const [counts, isPaused, oldest] = await Promise.all([
    queue.getJobCounts(...types),
    queue.isPaused(),
    oldestWait(client, queue),
  ]);
  const count = (type: typeof types[number]) => counts[type] ?? 0;
  const waiting = count("wait") + count("prioritized");
  return {
    waiting,
    delayed: count("delayed"),
    running: count("active"),
    done: count("completed"),
    dead: count("failed"),
    oldest: oldest === null ? 0 : Math.max(now - oldest, 0),
    isPaused,
  };
}

/** Since when the one waits that is next, by its priority or its place. */
async function oldestWait(client: Redis, queue: Queue): Promise<number | null> {
  const [next, [nextByPriority]] = await Promise.all([
    client.lindex(queue.toKey("wait"), -1),
    client.zrange(queue.toKey("prioritized"), 0, 0),
  ]);
  const ids = [next, nextByPriority].filter((id) => typeof id === "string");
  const fields = await Promise.all(
    ids.map((id) => client.hmget(queue.toKey(id), "timestamp", "opts", "processedOn")),
  );
  const times = fields.map(([added, opts, begun]) => waitingSince(added, opts, begun))
    .filter(Number.isFinite);
  return times.length === 0 ? null : Math.min(...times);
}

/** Not before its first delay is over, nor before its last attempt began. */
function waitingSince(
  added = "" as string | null,
  opts: string | null = null,
  begun: string | null = null,
): number {
  if (added === null) return NaN;
  const { delay = 0 } = JSON.parse(opts ?? "{}") as { delay?: number };
  return Math.max(Number(added) + delay, Number(begun ?? 0));
}

/** A job and its state, both of one time: BullMQ reads them one after the other. */
export async function findJob(
  queue: Queue,
  id: string,
): Promise<{ readonly job: Job | undefined; readonly state: TaskState | null }> {
  let state = await queue.getJobState(id);
  while (true) {
    const job = await queue.getJob(id);
    const after = await queue.getJobState(id);
    if (after === state) return { job, state: taskState(state) };
    state = after;
  }
}

/** BullMQ keeps delayed jobs by time, with room for an order in each millisecond. */
const scoresPerMillisecond = 0x1000;

/** Until when delayed jobs wait, in milliseconds since 1970. */
export async function dueTimes(
  client: Redis,
  queue: Queue,
  jobs: readonly Job[],
): Promise<(number | undefined)[]> {
  const scores = await Promise.all(jobs.map(({ id }) => client.zscore(queue.toKey("delayed"), id)));
  return scores.map((score) => score === null ? undefined : Math.floor(Number(score) / scoresPerMillisecond));
}
