/** A Worker of BullMQ that says when a job has ended, runs some alone, and takes none while it closes. */

// @ts-types="../../../types/bullmq.d.ts"
import { type Job, type Processor, UnrecoverableError, Worker, type WorkerOptions } from "bullmq";
import type { Clock } from "../../system/system.ts";
import type { TaskFailure } from "../task_store.ts";
import { JobIsolation } from "./job_isolation.ts";

export class TaskWorker extends Worker {
  /** A job has ended, and that is stored: no event of BullMQ says so of jobs that were lost. */
  ended: (job: Job) => void = () => {};
  readonly #isolation: JobIsolation;

  constructor(clock: Clock, queue: string, processor: Processor, options: WorkerOptions) {
    super(queue, processor, options);
    this.#isolation = new JobIsolation(clock);
  }

  override async processJob(job: Job, token: string, fetchesNext = () => true): Promise<Job | void> {
    this.#isolation.begun(job);
    try {
      return await super.processJob(job, token, () => this.#isolation.isOpen && fetchesNext());
    } finally {
      this.#isolation.ended(job);
      this.ended(job);
    }
  }

  /** BullMQ takes one more job if one comes while it closes. */
  protected override async moveToActive(token: string, name?: string): Promise<Job | undefined> {
    if (!this.#isolation.isOpen && !await this.#isolation.opened()) return undefined;
    return this.closing === undefined ? await super.moveToActive(token, name) : undefined;
  }

  protected override async nextJobFromJobData(
    data: unknown,
    id: string | undefined,
    token: string,
  ): Promise<Job | undefined> {
    const job = await super.nextJobFromJobData(data, id, token);
    if (job === undefined || this.#isolation.take(job)) return job;
    // Without Redis its lock ends.
    await job.moveToWait(token).catch((error) => void this.emit("error", error));
    return undefined;
  }

  override close(isForced?: boolean): Promise<void> {
    const closed = super.close(isForced);
    this.#isolation.close();
    return closed;
  }
}

/** As BullMQ stores it: operators see the text of the task, not where in this program it was caught. */
export function storedFailure({ message, isFinal }: TaskFailure): Error {
  const error = isFinal ? new UnrecoverableError(message) : new Error(message);
  error.stack = message;
  return error;
}
