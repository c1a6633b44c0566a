/** Tasks as jobs of BullMQ and back, so that programs in Node that share the queue see what they know. */

// @ts-types="../../../types/bullmq.d.ts"
import type { Job, JobsOptions } from "bullmq";
import { jitter, longestDelay } from "../../core/tasks/retry.ts";
import type { NewTask, StoreOptions, TaskInfo, TaskState } from "../task_store.ts";

/** Options of a job that BullMQ keeps without knowing them. Those of the Bull before it had `timeout`, too. */
interface TaskJobOptions extends JobsOptions {
  readonly timeout?: number;
}

/** So many tasks that are done are kept at most. */
const keptCount = 10_000;

/**
 * For every job: what becomes of it when it has ended. That the dead are kept is BullMQ's default. Each option is text that
 * Redis sends and the worker parses with every job: two more took 5 % of a worker with empty tasks.
 */
export function endOptions({ retention }: StoreOptions) {
  const age = Math.ceil(retention / 1000);
  return {
    removeOnComplete: { age, count: retention === 0 ? 0 : keptCount },
  } as const;
}

/** `id` is for a task without a key. */
export function jobOf(task: NewTask, id: string, now: number) {
  const opts: TaskJobOptions = {
    jobId: task.key === null ? id : idOfKey(task.key),
    ...jobOptions(task),
    ...task.runAt > now ? { delay: task.runAt - now } : {},
  };
  return { name: task.name, data: JSON.parse(task.payload) as unknown, opts };
}

/** What says how a task is run and tried again. */
export function jobOptions(task: NewTask): TaskJobOptions {
  return {
    attempts: task.retries + 1,
    ...task.retries > 0 && task.backoff > 0
      ? { backoff: { type: "exponential", delay: task.backoff, jitter } }
      : {},
    ...task.priority > 0 ? { priority: task.priority } : {},
    ...task.timeout > 0 ? { timeout: task.timeout } : {},
  };
}

/**
 * To be called before BullMQ stores a failure: of all attempts it keeps one stack trace unless the job says otherwise, and
 * the delay until the next one, for which BullMQ knows no limit, is the longest at most. BullMQ stores the options of a job
 * only when it is added.
 */
export function limitFailure({ opts, attemptsMade }: Job): void {
  opts.stackTraceLimit ??= 1;
  const { backoff } = opts;
  if (backoff?.type !== "exponential" || 2 ** attemptsMade * backoff.delay <= longestDelay) return;
  opts.backoff = { ...backoff, type: "fixed", delay: longestDelay };
}

const keyPrefix = "key-";

/** BullMQ forbids ids that are numbers and those with colons. */
function idOfKey(key: string): string {
  return keyPrefix + encodeURIComponent(key.toWellFormed());
}

function keyOfId(id: string): string | null {
  if (!id.startsWith(keyPrefix)) return null;
  try {
    return decodeURIComponent(id.slice(keyPrefix.length));
  } catch {
    // Another program gave it this id.
    return null;
  }
}

/** What BullMQ calls the states. */
export const jobStates = {
  waiting: ["wait", "prioritized", "waiting-children"],
  delayed: ["delayed"],
  running: ["active"],
  done: ["completed"],
  dead: ["failed"],
} as const satisfies Record<TaskState, readonly string[]>;

/** `null` for a job that is in no state. */
export function taskState(jobState: string): TaskState | null {
  switch (jobState) {
    case "waiting":
    case "waiting-children":
    case "prioritized":
      return "waiting";
    case "delayed":
      return "delayed";
    case "active":
      return "running";
    case "completed":
      return "done";
    case "failed":
      return "dead";
    default:
      return null;
  }
}

export function timeoutOf(job: Job): number {
  const { timeout = 0 } = job.opts as TaskJobOptions;
  return Number.isFinite(timeout) ? Number(timeout) : 0;
}

/** How many attempts there are at most; jobs of other programs may say nothing of it. */
export function attemptsOf(job: Job): number {
  return Math.max(job.opts.attempts ?? 1, 1);
}

/** `due`: the time until which a delayed job waits. */
export function taskInfo(job: Job, state: TaskState, due: number | undefined): TaskInfo {
  const isEnded = state === "done" || state === "dead";
  return {
    id: job.id,
    name: job.name,
    state,
    payload: JSON.stringify(job.data),
    attempt: job.attemptsMade + (state === "running" ? 1 : 0),
    attempts: attemptsOf(job),
    priority: job.priority,
    key: keyOfId(job.id),
    addedAt: job.timestamp,
    runAt: due ?? job.timestamp + (job.opts.delay ?? 0),
    startedAt: job.processedOn ?? null,
    endedAt: isEnded ? job.finishedOn ?? null : null,
    // BullMQ says 0 as long as there is none.
    progress: typeof job.progress === "number" && job.progress !== 0 ? job.progress : null,
    error: job.failedReason ?? null,
    result: state === "done" ? JSON.stringify(job.returnvalue ?? null) : null,
  };
}
