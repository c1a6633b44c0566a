/** A job that this process runs, until BullMQ has stored its end. */

// @ts-types="../../../types/bullmq.d.ts"
import type { Job } from "bullmq";
import type { Place } from "../../core/tasks/oldest_first.ts";
import { decodedPayload } from "../payload.ts";
import { TaskAbort } from "../task_abort.ts";
import type { TakenTask } from "../task_store.ts";
import { attemptsOf, timeoutOf } from "./queue_jobs.ts";
import { latestProgress } from "./task_progress.ts";

export class RunningJob implements TakenTask {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  readonly attempts: number;
  readonly timeout: number;
  /** That of BullMQ would be a second one for each job. */
  readonly abort = new TaskAbort();
  readonly job: Job;
  readonly token: string;
  /** Among those that run. */
  place: Place<RunningJob> | null = null;
  isCancelled = false;
  /** How the task ends counts no more: it has ended, or was abandoned. */
  isOver = false;
  /** Ends it for BullMQ, whatever the task does. */
  abandon: () => void = () => {};
  #progress: ReturnType<typeof latestProgress> | null = null;

  constructor(job: Job, token: string) {
    this.id = job.id;
    this.name = job.name;
    this.attempt = job.attemptsMade + 1;
    this.attempts = attemptsOf(job);
    this.timeout = timeoutOf(job);
    this.job = job;
    this.token = token;
  }

  payload(): unknown {
    return decodedPayload(this.job.data);
  }

  progress(value: number): void {
    this.#progress ??= latestProgress((value) => this.job.updateProgress(value));
    this.#progress.store(value);
  }

  /** Sends the last value, and stores no other. */
  endProgress(): void {
    this.#progress ??= ended;
    this.#progress.end();
  }
}

/** For those that have not said how far they are. */
const ended: ReturnType<typeof latestProgress> = { store() {}, end() {} };
