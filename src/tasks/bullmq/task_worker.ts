/**
 * A Worker of BullMQ with a shorter way from one job to the next, which says when a job has ended, and which takes none while
 * it closes.
 */

// @ts-types="../../../types/bullmq.d.ts"
import { type Job, UnrecoverableError, Worker, type WorkerOptions } from "bullmq";
import type { TaskFailure } from "../task_store.ts";

/** Resolves with the result as JSON. */
type RunJob = (job: Job, token: string) => Promise<string>;

export class TaskWorker extends Worker {
  /** A job has ended, and that is stored: no event of BullMQ says so of jobs that were lost. */
  ended: (job: Job) => void = () => {};
  readonly #run: RunJob;
  readonly #retries: { readonly delayInMs: number };
  #busy = 0;

  constructor(name: string, run: RunJob, options: WorkerOptions) {
    // BullMQ starts with the constructor, and calls processJob() later.
    super(name, run, options);
    this.#run = run;
    this.#retries = { delayInMs: options.runRetryDelay };
  }

  /**
   * The loop of BullMQ gives the next job straight back as long as all places are taken, so that it is only asked otherwise.
   * Its queue, and its wrappers for traces and retries, take a third of the time in which V8 collects garbage: with 30,000
   * empty tasks, 135 ms in a worker, and 89 without them.
   */
  override async processJob(
    job: Job,
    token: string,
    fetchesNext: () => boolean = () => true,
  ): Promise<Job | void> {
    this.#busy++;
    try {
      let next = await this.#process(job, token, fetchesNext);
      while (next !== undefined && this.#busy >= this.concurrency) {
        next = await this.#process(next, token, fetchesNext);
      }
      return next;
    } finally {
      this.#busy--;
    }
  }

  /** Resolves with the next job, if it has fetched one. */
  async #process(job: Job, token: string, fetchesNext: () => boolean): Promise<Job | undefined> {
    this.lockManager.trackJob(job.id, token, job.processedOn);
    try {
      // A program that shares the queue has given it up.
      if (job.deferredFailure) throw new UnrecoverableError(job.deferredFailure);
      const result = await this.#run(job, token);
      this.#letLockEnd(job, token);
      return await this.#complete(job, result, token, fetchesNext);
    } catch (error) {
      this.#letLockEnd(job, token);
      const retries = { ...this.#retries, onlyEmitError: true };
      return await this.retryIfFailed(() => this.handleFailed(error, job, token, fetchesNext), retries);
    } finally {
      // Before BullMQ goes on with the next one.
      this.ended(job);
    }
  }

  /** A run that has lost its lock must not end that of the next one, which may be here, too. */
  #letLockEnd({ id }: Job, token: string): void {
    const { lockManager } = this;
    if (lockManager.trackedJobs.get(id)?.token === token) lockManager.untrackJob(id);
  }

  async #complete(
    job: Job,
    result: string,
    token: string,
    fetchesNext: () => boolean,
  ): Promise<Job | undefined> {
    const { backend } = this;
    if (backend.closing) return;
    const next = await this.retryIfFailed(() => {
      const isFetching = fetchesNext() && this.closing === undefined && !this.isPaused();
      const { removeOnComplete } = job.opts;
      const args = backend.moveToCompletedArgs(job, result, removeOnComplete, token, isFetching);
      return backend.moveToFinished(job.id, args);
    }, this.#retries);
    if (!Array.isArray(next)) return;
    const [data, id, limitDelay, delayUntil] = next;
    this.updateDelays(limitDelay, delayUntil);
    return await this.nextJobFromJobData(data, id, token);
  }

  /**
   * The answer to a job that is to be tried again later says nothing of the time until which the next one waits. BullMQ would
   * forget what it knows of it, which may be the sign of that very job, and find it only when it asks again by itself.
   */
  protected override updateDelays(...delays: [limitDelay?: number, delayUntil?: number]): void {
    // Without arguments, BullMQ means to forget it.
    if (delays.length === 0 || delays[1] !== undefined) super.updateDelays(...delays);
  }

  /** BullMQ takes one more job if one comes while it closes. */
  protected override async moveToActive(token: string, name?: string): Promise<Job | undefined> {
    return this.closing === undefined ? await super.moveToActive(token, name) : undefined;
  }
}

/** As BullMQ stores it: operators see the text of the task, not where in this program it was caught. */
export function storedFailure({ message, isFinal }: TaskFailure): Error {
  const error = isFinal ? new UnrecoverableError(message) : new Error(message);
  error.stack = message;
  return error;
}
