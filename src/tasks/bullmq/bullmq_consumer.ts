/** Takes tasks from a queue of BullMQ and runs them: a Worker of BullMQ, as long as there is a server it can work with. */

// @ts-types="../../../types/bullmq.d.ts"
import { DelayedError, type Job, WaitingError } from "bullmq";
// @ts-types="../../../types/ioredis.d.ts"
import type { Redis } from "ioredis";
import { sleep, withTimeout } from "../../system/clock.ts";
import { OldestFirst } from "../../core/tasks/oldest_first.ts";
import { retryDelay } from "../../core/tasks/retry.ts";
import type { Clock } from "../../system/system.ts";
import type { Consumer, ConsumerOptions, StoreOptions, TakenTask } from "../task_store.ts";
import { TaskFailure, TaskPutOff } from "../task_store.ts";
import { cancelChannel } from "./cancel_job.ts";
import { endOptions, limitFailure } from "./queue_jobs.ts";
import type { RedisAddress } from "../../core/tasks/redis_address.ts";
import { isAway, RedisAway } from "../../redis/connection_problem.ts";
import { workingClient } from "./redis_client.ts";
import type { RedisLink } from "./redis_link.ts";
import { redisProblem } from "./redis_problem.ts";
import { repeatStrategy } from "./job_schedule.ts";
import { releaseJobs } from "./release_jobs.ts";
import { RunningJob } from "./running_job.ts";
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

export class BullMqConsumer implements Consumer {
  readonly #clock: Clock;
  readonly #address: RedisAddress;
  readonly #link: RedisLink;
  readonly #store: StoreOptions;
  readonly #options: ConsumerOptions;
  readonly #running = new OldestFirst<RunningJob>();
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
    this.#client = workingClient(clock, address, this.#clients);
    this.#cancellations = workingClient(clock, address, this.#clients);
    void this.#begin();
  }

  get running(): readonly TakenTask[] {
    return this.#running.all();
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
    await Promise.all(
      this.#running.all().map(async (running) => {
        const { job, token, abort } = running;
        await withTimeout(this.#clock, longestGiveBack, job.moveToWait(token));
        if (running.isOver) return;
        running.abandon();
        abort.abort("the task was given back");
      }),
    );
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
    const worker = new TaskWorker(queue, (job, token) => this.#run(job, token), {
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
      for (const id of ids) this.#abort(id, "the task is not this process's any more");
    });
    worker.on("failed", (job, error) => {
      if (job === undefined || this.#runningOf(job.id) !== null) return;
      this.#options.onDead({ id: job.id, name: job.name }, error.message);
    });
    this.#worker = worker;
    this.#cancellations.on("message", (_channel, id) => this.#cancel(id));
    this.#cancellations.subscribe(cancelChannel(this.#address)).catch(() => {});
    this.#works();
  }

  /** What BullMQ calls for each job: callbacks, as each async function on the way costs a promise or two for each task. */
  #run(job: Job, token: string): Promise<string> {
    if (this.#isStopping) return this.#refuse(job, token);
    const running = new RunningJob(job, token);
    running.place = this.#running.add(running);
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        if (running.isOver) return;
        running.isOver = true;
        this.#failure(running, error).catch((refusal: unknown) => refusal).then((error) => {
          running.endProgress();
          reject(error);
        });
      };
      running.abandon = () => fail(new WaitingError());
      this.#options.run(running).then((result) => {
        if (running.isOver) return;
        running.isOver = true;
        running.endProgress();
        resolve(result ?? "null");
      }, fail);
    });
  }

  /** It was on its way when the worker stopped. */
  async #refuse(job: Job, token: string): Promise<never> {
    await job.moveToWait(token);
    throw new WaitingError();
  }

  /** What BullMQ is to get. Rejects if Redis refuses what has to be done first. */
  async #failure({ job, token, isCancelled }: RunningJob, error: unknown): Promise<unknown> {
    limitFailure(job);
    if (isCancelled) return storedFailure(new TaskFailure("cancelled", true));
    if (!(error instanceof TaskPutOff)) return error instanceof TaskFailure ? storedFailure(error) : error;
    await job.moveToDelayed(this.#clock.wall() + error.pause, token);
    return new DelayedError();
  }

  #ended(job: Job): void {
    const place = this.#running.find((running) => running.job === job)?.place;
    if (place !== undefined && place !== null) this.#running.remove(place);
    if (this.#running.size === 0) this.#wakeStop();
  }

  #wakeStop(): void {
    const waiting = this.#waitingForEnd;
    this.#waitingForEnd = [];
    for (const resolve of waiting) resolve();
  }

  #cancel(id: string): void {
    const running = this.#runningOf(id);
    if (running === null) return;
    running.isCancelled = true;
    this.#abort(id, "the task was cancelled");
  }

  #abort(id: string, reason: string): void {
    const running = this.#runningOf(id);
    if (running?.isOver === false) running.abort.abort(reason);
  }

  /** The newest: after a pause longer than the lease, the task may run here once more before its first run has ended. */
  #runningOf(id: string): RunningJob | null {
    return this.#running.all().findLast((running) => running.id === id) ?? null;
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
