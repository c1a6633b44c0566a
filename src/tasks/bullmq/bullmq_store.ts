/** The store of tasks on Redis: a queue of BullMQ, which other programs can see, feed and share. */

// @ts-types="../../../types/bullmq.d.ts"
import { type Job, type JobTemplate, Queue } from "bullmq";
import type { System } from "../../system/system.ts";
import {
  type Consumer,
  type ConsumerOptions,
  type CronTask,
  type NewTask,
  type StoreOptions,
  type TaskCounts,
  type TaskInfo,
  type TaskState,
  type TaskStore,
  TaskStoreError,
} from "../task_store.ts";
import { BullMqConsumer } from "./bullmq_consumer.ts";
import { JobBatches } from "./job_batches.ts";
import { cancelRunning, forgetFailures } from "./cancel_job.ts";
import { repeatStrategy, scheduleJobs } from "./job_schedule.ts";
import { endOptions, jobOf, jobStates, taskInfo } from "./queue_jobs.ts";
import { type RedisAddress, redisAddress } from "../../core/tasks/redis_address.ts";
import { RedisLink } from "./redis_link.ts";
import { redisProblem } from "./redis_problem.ts";
import { countTasks, dueTimes, findJob } from "./queue_state.ts";

/** So many dead tasks are retried at a time. */
const retriedAtOnce = 100;

/** Opens nothing yet. Throws RangeError for a URL that the setting would refuse. */
export function bullMqStore(system: System, url: string, options: StoreOptions): TaskStore {
  return new BullMqStore(system, redisAddress(url), options);
}

/** Why Redis may throw tasks away, and what to do; `null` if it does not. Rejects with `TaskStoreError`. */
export async function evictionProblem(store: TaskStore): Promise<string | null> {
  return store instanceof BullMqStore ? await store.evictionProblem() : null;
}

class BullMqStore implements TaskStore {
  readonly place: string;
  readonly wakesConsumers = true;
  readonly #system: System;
  readonly #address: RedisAddress;
  readonly #options: StoreOptions;
  readonly #link: RedisLink;
  /** The ids of this process's tasks begin with it: a task that is sent twice is added once. */
  readonly #origin: string;
  #added = 0;
  readonly #batches = new JobBatches((jobs, timeout) =>
    this.#link.ask(timeout, async () => (await addJobs(await this.#queue(), jobs)).map(({ id }) => id))
  );
  #opening: Promise<Queue> | null = null;
  #consumer: BullMqConsumer | null = null;

  constructor(system: System, address: RedisAddress, options: StoreOptions) {
    this.place = address.place;
    this.#system = system;
    this.#address = address;
    this.#options = options;
    this.#link = new RedisLink(system.clock, address);
    this.#origin = system.host.secret().replaceAll("-", "").slice(0, 12);
  }

  async add(tasks: readonly NewTask[], timeout: number): Promise<readonly string[]> {
    const [first] = tasks;
    if (first === undefined) return [];
    const now = this.#system.clock.wall();
    const jobs = tasks.map((task) => jobOf(task, this.#newId(), now));
    try {
      return await this.#batches.add(jobs, timeout);
    } catch (error) {
      const what = tasks.length === 1 ? `the task ${first.name}` : `${tasks.length} tasks`;
      throw this.#error(`add ${what}`, error);
    }
  }

  consume(options: ConsumerOptions): Consumer {
    this.#consumer = new BullMqConsumer(
      this.#system.clock,
      this.#address,
      this.#link,
      this.#options,
      options,
    );
    return this.#consumer;
  }

  counts(): Promise<TaskCounts> {
    const now = this.#system.clock.wall();
    return this.#ask("count the tasks", (queue) => countTasks(this.#link.client, queue, now));
  }

  list(state: TaskState, limit: number): Promise<readonly TaskInfo[]> {
    return this.#ask(`list tasks that are ${state}`, async (queue) => {
      const isOldestFirst = state !== "done" && state !== "dead";
      const found = await queue.getJobs([...jobStates[state]], 0, limit - 1, isOldestFirst);
      // A job that was removed meanwhile is left out by some versions, and undefined in others.
      const jobs = (found as (Job | undefined)[]).filter((job) => job !== undefined).slice(0, limit);
      const due = state === "delayed" ? await dueTimes(this.#link.client, queue, jobs) : [];
      return jobs.map((job, index) => taskInfo(job, state, due[index]));
    });
  }

  show(id: string): Promise<TaskInfo | null> {
    return this.#ask(`show the task ${id}`, async (queue) => {
      const { job, state } = await findJob(queue, id);
      if (job === undefined || state === null) return null;
      const [due] = state === "delayed" ? await dueTimes(this.#link.client, queue, [job]) : [];
      return taskInfo(job, state, due);
    });
  }

  retry(id: string | null): Promise<number> {
    return this.#ask(id === null ? "retry the dead tasks" : `retry the task ${id}`, async (queue) => {
      const ids = id === null ? await queue.getRanges(["failed"], 0, -1, true) : [id];
      let retried = 0;
      for (let at = 0; at < ids.length; at += retriedAtOnce) {
        const results = await Promise.all(
          ids.slice(at, at + retriedAtOnce).map((one) => this.#retry(queue, one)),
        );
        retried += results.filter(Boolean).length;
      }
      return retried;
    });
  }

  cancel(id: string): Promise<boolean> {
    return this.#ask(`cancel the task ${id}`, async (queue) => {
      const { state } = await findJob(queue, id);
      if (state === null || state === "done" || state === "dead") return false;
      if (state !== "running" && await queue.remove(id) === 1) return true;
      return await cancelRunning(this.#link.client, this.#address, id);
    });
  }

  purge(state: Exclude<TaskState, "running">): Promise<number> {
    // Those that a machine has added whose clock is ahead, too.
    const grace = -86_400_000;
    return this.#ask(`purge tasks that are ${state}`, async (queue) => {
      let count = 0;
      for (const type of jobStates[state]) {
        if (type === "waiting-children") continue;
        count += (await queue.clean(grace, 0, type)).length;
      }
      return count;
    });
  }

  pause(): Promise<void> {
    return this.#ask("pause the tasks", (queue) => queue.pause());
  }

  resume(): Promise<void> {
    return this.#ask("resume the tasks", (queue) => queue.resume());
  }

  schedule(entries: readonly CronTask[]): Promise<void> {
    return this.#ask("schedule tasks", (queue) => scheduleJobs(queue, entries));
  }

  async close(): Promise<void> {
    this.#consumer?.close();
    const queue = await this.#opening?.catch(() => null);
    await queue?.close().catch(() => {});
    this.#link.close();
  }

  async evictionProblem(): Promise<string | null> {
    const { policy, maxMemory } = await this.#link.ready(0).catch((error) => {
      throw this.#error("ask Redis for its policy", error);
    });
    if (policy === "noeviction" || policy === "") return null;
    const when = maxMemory > 0 ? "when its memory is full" : "as soon as it has a maxmemory";
    return `Redis at ${this.place} throws tasks away ${when} (maxmemory-policy ${policy}): ` +
      "set maxmemory-policy noeviction";
  }

  #newId(): string {
    this.#added += 1;
    return `${this.#origin}-${this.#added}`;
  }

  async #retry(queue: Queue, id: string): Promise<boolean> {
    const job = await queue.getJob(id);
    if (job === undefined || !await job.isFailed()) return false;
    await forgetFailures(this.#link.client, this.#address, id);
    await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
    return true;
  }

  async #ask<T>(action: string, operation: (queue: Queue) => Promise<T>): Promise<T> {
    try {
      return await this.#link.ask(0, async () => await operation(await this.#queue()));
    } catch (error) {
      throw this.#error(action, error);
    }
  }

  #error(action: string, cause: unknown): TaskStoreError {
    return new TaskStoreError(`cannot ${action}: ${redisProblem(this.place, cause)}`, { cause });
  }

  /** A queue whose first question was not answered never works again. */
  #queue(): Promise<Queue> {
    return this.#opening ??= this.#open().catch((error) => {
      this.#opening = null;
      throw error;
    });
  }

  async #open(): Promise<Queue> {
    const queue = new Queue(this.#address.queue, {
      connection: this.#link.client,
      prefix: this.#address.prefix,
      defaultJobOptions: endOptions(this.#options),
      settings: { repeatStrategy },
    });
    queue.on("error", () => {});
    try {
      await queue.waitUntilReady();
      return queue;
    } catch (error) {
      await queue.close().catch(() => {});
      throw error;
    }
  }
}

/** Several go in a pipeline, which takes longer for one job. */
async function addJobs(queue: Queue, jobs: readonly JobTemplate[]): Promise<readonly Job[]> {
  const [job] = jobs;
  return jobs.length === 1 && job !== undefined
    ? [await queue.add(job.name, job.data, job.opts)]
    : await queue.addBulk(jobs);
}
