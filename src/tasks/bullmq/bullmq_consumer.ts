/** Takes tasks from a queue of BullMQ and runs them: a Worker of BullMQ, as long as there is a server it can work with. */

// @ts-types="../../../types/bullmq.d.ts"
import { DelayedError, type Job, WaitingError } from "bullmq";
// @ts-types="../../../types/ioredis.d.ts"
import type { Redis } from "ioredis";
import { sleep, withTimeout } from "../../system/clock.ts";
import { retryDelay } from "../../core/tasks/retry.ts";
import type { Clock } from "../../system/system.ts";
import type { Consumer, ConsumerOptions, StoreOptions, TakenTask } from "../task_store.ts";
import { TaskFailure, TaskPutOff } from "../task_store.ts";
import { cancelChannel } from "./cancel_job.ts";
import { attemptsOf, endOptions, limitBackoff, timeoutOf } from "./queue_jobs.ts";
import type { RedisAddress } from "../../core/tasks/redis_address.ts";
import { isAway, RedisAway } from "../../redis/connection_problem.ts";
import { workingClient } from "./redis_client.ts";
import type { RedisLink } from "./redis_link.ts";
import { redisProblem } from "./redis_problem.ts";
import { repeatStrategy } from "./job_schedule.ts";
import { releaseJobs } from "./release_jobs.ts";
import { latestProgress } from "./task_progress.ts";
import { storedFailure, TaskWorker } from "./task_worker.ts";

/** A task that has taken its worker down with it more often than this is dead: at the fifth time, as in SQLite. */
const stalledAtMost = 4;
/** Milliseconds until the first retry of a job whose own program has a formula of its own for that. */
const foreignBackoff = 1_000;
/** Milliseconds. */
const pauseAfterRefusal = 1_000;
const longestGiveBack = 2_000;
/** Seconds for which an idle worker waits for a task before it asks again. */
const idlePoll = 10;

/** What BullMQ reports of jobs that are not this worker's any more; their signal says so to them. */
const lostJob = /^(Missing (lock|key)|Lock mismatch|could not renew lock|Job \S+ is not in the)/;

interface Running {
  readonly job: Job;
  readonly token: string;
  readonly task: TakenTask;
  isCancelled: boolean;
  /** Ends it for BullMQ, whatever the task does. */
  abandon(): void;
}

export class BullMqConsumer implements Consumer {
  readonly #clock: Clock;
  readonly #address: RedisAddress;
  readonly #link: RedisLink;
  readonly #store: StoreOptions;
  readonly #options: ConsumerOptions;
  readonly #running = new Map<string, Running>();
  readonly #client: Redis;
  readonly #cancellations: Redis;
  readonly #clients: Redis[] = [];
  #worker: TaskWorker | null = null;
  #problem: string | null = null;
  #isPausing = false;
  #isStopping = false;
  #isGivenBack = false;
  #stopped: Promise<void> | null = null;
  #waitingForEnd: (() => void)[] = [];

  constructor(
    clock: Clock,
    address: RedisAddress,
    link: RedisLink,
    store: StoreOptions,
    options: ConsumerOptions,
  ) {
    this.#clock = clock;
    this.#address = address;
    this.#link = link;
    this.#store = store;
    this.#options = options;
    this.#client = workingClient(address, this.#clients);
    this.#cancellations = workingClient(address, this.#clients);
    void this.#begin();
  }

  get running(): readonly TakenTask[] {
    return [...this.#running.values()].map(({ task }) => task);
  }

  /** BullMQ hears of new tasks by itself. */
  wake(): void {}

  release(owner: string): void {
    const worker = this.#worker;
    if (worker === null) return;
    // If Redis is away, the leases end.
    this.#link.ask(0, () => releaseJobs(this.#link.client, worker, owner)).catch(() => {});
  }

  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  async giveBack(): Promise<void> {
    await Promise.all([...this.#running.values()].map(async ({ job, token, abandon }) => {
      await withTimeout(this.#clock, longestGiveBack, job.moveToWait(token));
      abandon();
      this.#worker?.cancelJob(job.id, "the task was given back");
    }));
    this.#isGivenBack = true;
    this.#wakeStop();
  }

  /** Ends the connections, whether it has stopped or not. */
  close(): void {
    this.#isStopping = true;
    // A worker that is not closing connects again.
    this.#worker?.close(true).catch(() => {});
    for (const client of this.#clients) client.disconnect();
  }

  /** BullMQ would not recover from a server that it cannot work with: there is no Worker before there is another. */
  async #begin(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#link.ready(this.#problem === null ? 0 : pauseAfterRefusal);
        return this.#start();
      } catch (error) {
        this.#report(error);
        await sleep(this.#clock, pauseAfterRefusal);
      }
    }
  }

  #start(): void {
    if (this.#isStopping) return;
    this.#client.on("close", () => this.#report(new RedisAway("the connection was closed")));
    this.#client.on("ready", () => this.#works());
    const { queue, prefix, limit } = this.#address;
    const { concurrency, owner } = this.#options;
    const worker = new TaskWorker(queue, (job, token, signal) => this.#run(job, token, signal), {
      connection: this.#client,
      prefix,
      name: owner,
      concurrency,
      lockDuration: this.#store.lease,
      stalledInterval: Math.ceil(this.#store.lease / 2),
      maxStalledCount: stalledAtMost,
      drainDelay: idlePoll,
      runRetryDelay: pauseAfterRefusal,
      ...limit === undefined ? {} : { limiter: limit },
      settings: {
        repeatStrategy,
        // Without one, BullMQ could not end the attempt: the job would stay with this worker until it counts as lost.
        backoffStrategy: (attempts) => retryDelay(attempts, foreignBackoff, 1),
      },
      ...endOptions(this.#store),
    });
    worker.ended = (job) => this.#ended(job);
    worker.on("error", (error) => this.#failed(error));
    worker.on("active", () => this.#works());
    worker.on("lockRenewalFailed", (ids) => {
      for (const id of ids) worker.cancelJob(id, "the task is not this process's any more");
    });
    worker.on("failed", (job, error) => {
      if (job === undefined || this.#running.has(job.id)) return;
      this.#options.onDead({ id: job.id, name: job.name }, error.message);
    });
    this.#worker = worker;
    this.#cancellations.on("message", (_channel, id) => this.#cancel(id));
    this.#cancellations.subscribe(cancelChannel(this.#address)).catch(() => {});
    this.#works();
  }

  /** What BullMQ calls for each job. */
  async #run(job: Job, token: string, signal: AbortSignal): Promise<unknown> {
    if (this.#isStopping) {
      // It was on its way when the worker stopped.
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const progress = latestProgress((value) => job.updateProgress(value));
    const task: TakenTask = {
      id: job.id,
      name: job.name,
      payload: JSON.stringify(job.data),
      attempt: job.attemptsMade + 1,
      attempts: attemptsOf(job),
      timeout: timeoutOf(job),
      signal,
      progress: progress.store,
    };
    const { promise: abandoned, resolve: abandon } = Promise.withResolvers<never>();
    const running: Running = {
      job,
      token,
      task,
      isCancelled: false,
      abandon: () => abandon(Promise.reject(new WaitingError()) as Promise<never>),
    };
    this.#running.set(task.id, running);
    try {
      const result = await Promise.race([this.#options.run(task), abandoned]);
      return result === null ? null : JSON.parse(result);
    } catch (error) {
      limitBackoff(job);
      if (running.isCancelled) throw storedFailure(new TaskFailure("cancelled", true));
      if (error instanceof TaskPutOff) {
        await job.moveToDelayed(this.#clock.wall() + error.pause, token);
        throw new DelayedError();
      }
      throw error instanceof TaskFailure ? storedFailure(error) : error;
    } finally {
      progress.end();
    }
  }

  #ended(job: Job): void {
    if (this.#running.get(job.id)?.job === job) this.#running.delete(job.id);
    if (this.#running.size === 0) this.#wakeStop();
  }

  #wakeStop(): void {
    const waiting = this.#waitingForEnd;
    this.#waitingForEnd = [];
    for (const resolve of waiting) resolve();
  }

  #cancel(id: string): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    running.isCancelled = true;
    this.#worker?.cancelJob(id, "the task was cancelled");
  }

  async #stop(): Promise<void> {
    this.#isStopping = true;
    const worker = this.#worker;
    let isClosed = worker === null;
    const closed = worker?.close().then(() => void (isClosed = true));
    // Without a server, BullMQ waits for the end of connections that it does not have.
    while (closed !== undefined && !isClosed) {
      await Promise.race([closed, this.#hasEnded()]);
      await withTimeout(this.#clock, longestGiveBack, closed);
      if (this.#running.size === 0 || this.#isGivenBack) break;
    }
    this.close();
  }

  #hasEnded(): Promise<void> {
    return this.#running.size === 0 || this.#isGivenBack
      ? Promise.resolve()
      : new Promise((resolve) => void this.#waitingForEnd.push(resolve));
  }

  #failed(error: Error): void {
    if (this.#isStopping || lostJob.test(error.message)) return;
    this.#report(error);
    if (!isAway(error)) void this.#pause();
  }

  /** A server that refuses everything would be asked again without a pause. */
  async #pause(): Promise<void> {
    if (this.#isPausing) return;
    this.#isPausing = true;
    await this.#worker?.pause(true);
    await sleep(this.#clock, pauseAfterRefusal);
    this.#isPausing = false;
    if (!this.#isStopping) await this.#worker?.resume();
  }

  #report(error: unknown): void {
    if (this.#isStopping) return;
    const problem = redisProblem(this.#address.place, error);
    // A server that is away says so in many ways; one that answers again may refuse something.
    if (problem === this.#problem || (this.#problem !== null && isAway(error))) return;
    this.#problem = problem;
    this.#options.onState(problem);
  }

  #works(): void {
    if (this.#isStopping || this.#problem === null) return;
    this.#problem = null;
    this.#options.onState(null);
  }
}
