/** A Worker of BullMQ that says when a job has ended, and that takes none while it closes. */

// @ts-types="../../../types/bullmq.d.ts"
import { type Job, UnrecoverableError, Worker } from "bullmq";
import type { TaskFailure } from "../task_store.ts";

export class TaskWorker extends Worker {
  /** A job has ended, and that is stored: no event of BullMQ says so of jobs that were lost. */
  ended: (job: Job) => void = () => {};

  override processJob(job: Job, token: string, fetchesNext?: () => boolean): Promise<Job | void> {
    const ended = () => this.ended(job);
    const next = super.processJob(job, token, fetchesNext);
    // Before BullMQ goes on with the next one.
    next.then(ended, ended);
    return next;
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
