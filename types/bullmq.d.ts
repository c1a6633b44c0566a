/**
 * What Denicorn uses of BullMQ. Its own declarations bring those of Node, whose events do not fit those of Deno.
 */

import type { Redis } from "./ioredis.d.ts";

export interface KeepJobs {
  age?: number;
  count: number;
}

export interface JobsOptions {
  jobId?: string;
  delay?: number;
  attempts?: number;
  backoff?: { type: "exponential" | "fixed"; delay: number; jitter: number };
  priority?: number;
  removeOnComplete?: KeepJobs;
  stackTraceLimit?: number;
}

export interface QueueOptions {
  connection: Redis;
  prefix: string;
  defaultJobOptions?: JobsOptions;
  settings?: {
    repeatStrategy(from: number, repeat: { pattern?: string; tz?: string }): number | undefined;
    /** Milliseconds until the next attempt after `attempts`, for a backoff that BullMQ does not know. */
    backoffStrategy?(attempts: number): number;
  };
}

export interface WorkerOptions extends QueueOptions {
  name: string;
  concurrency: number;
  lockDuration: number;
  stalledInterval: number;
  maxStalledCount: number;
  drainDelay: number;
  runRetryDelay: number;
  limiter?: { max: number; duration: number };
  removeOnComplete: KeepJobs;
}

export interface Job {
  /** Every job that is stored has one. */
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
  readonly opts: JobsOptions;
  readonly priority: number;
  readonly timestamp: number;
  readonly progress: unknown;
  readonly returnvalue: unknown;
  readonly attemptsMade: number;
  readonly processedOn?: number;
  /** Why it is to fail at its next attempt. */
  readonly deferredFailure?: string;
  readonly finishedOn?: number;
  /** `null` after a retry. */
  readonly failedReason?: string | null;
  isFailed(): Promise<boolean>;
  moveToWait(token: string): Promise<unknown>;
  /** `timestamp`: milliseconds since 1970. */
  moveToDelayed(timestamp: number, token: string): Promise<void>;
  retry(
    state: "failed",
    options: { resetAttemptsMade: boolean; resetAttemptsStarted: boolean },
  ): Promise<void>;
  updateProgress(value: number): Promise<void>;
}

export type JobType =
  | "wait"
  | "prioritized"
  | "waiting-children"
  | "delayed"
  | "active"
  | "completed"
  | "failed";

export interface JobTemplate {
  readonly name: string;
  readonly data: unknown;
  readonly opts: JobsOptions;
}

export interface JobScheduler {
  readonly key: string;
  readonly name: string;
  readonly pattern?: string;
  readonly tz?: string;
  readonly template?: { readonly data?: unknown; readonly opts?: JobsOptions };
}

declare class QueueBase {
  /** Names of lists and sets of the queue in Redis. */
  toKey(name: string): string;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
  readonly closing: Promise<void> | undefined;
}

export class Queue extends QueueBase {
  constructor(name: string, options: QueueOptions);
  on(event: "error", listener: (error: Error) => void): this;
  add(name: string, data: unknown, options: JobsOptions): Promise<Job>;
  addBulk(jobs: readonly JobTemplate[]): Promise<Job[]>;
  clean(grace: number, limit: number, type: JobType): Promise<string[]>;
  getJob(id: string): Promise<Job | undefined>;
  getJobState(id: string): Promise<string>;
  getJobCounts(...types: JobType[]): Promise<Record<string, number>>;
  getJobs(types: JobType[], first: number, last: number, isAscending: boolean): Promise<Job[]>;
  getRanges(types: JobType[], first: number, last: number, isAscending: boolean): Promise<string[]>;
  getJobSchedulers(): Promise<JobScheduler[]>;
  upsertJobScheduler(
    id: string,
    repeat: { pattern: string; tz: string },
    template: JobTemplate,
  ): Promise<unknown>;
  removeJobScheduler(id: string): Promise<boolean>;
  isPaused(): Promise<boolean>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** 1 if it was removed. */
  remove(id: string): Promise<number>;
}

/** Of the next job: its hash in Redis, and milliseconds of a rate limit, and the time until which the next one waits. */
export type NextJob = [data?: unknown, id?: string, limitDelay?: number, delayUntil?: number];

interface WorkerBackend {
  readonly closing: boolean;
  moveToCompletedArgs(
    job: Job,
    result: string,
    removeOnComplete: KeepJobs | undefined,
    token: string,
    fetchesNext: boolean,
  ): unknown[];
  moveToFinished(id: string, args: readonly unknown[]): Promise<NextJob>;
}

/** With a third parameter, it would get a signal for each job. */
export type Processor = (job: Job, token: string) => Promise<unknown>;

export class Worker extends QueueBase {
  constructor(name: string, processor: Processor, options: WorkerOptions);
  on(event: "error", listener: (error: Error) => void): this;
  on(event: "active", listener: () => void): this;
  on(event: "lockRenewalFailed", listener: (ids: string[]) => void): this;
  on(event: "failed", listener: (job: Job | undefined, error: Error) => void): this;
  pause(doesNotWait: boolean): Promise<void>;
  resume(): Promise<void>;
  override close(isForced?: boolean): Promise<void>;
  getBackend(): { moveStalledJobsToWait(): Promise<string[]> };
  isPaused(): boolean;
  readonly concurrency: number;
  protected readonly backend: WorkerBackend;
  protected readonly lockManager: {
    readonly trackedJobs: ReadonlyMap<string, { readonly token: string }>;
    trackJob(id: string, token: string, takenAt: number | undefined): void;
    untrackJob(id: string): void;
  };
  processJob(job: Job, token: string, fetchesNext?: () => boolean): Promise<Job | void>;
  protected handleFailed(
    error: unknown,
    job: Job,
    token: string,
    fetchesNext: () => boolean,
  ): Promise<Job | undefined>;
  protected nextJobFromJobData(
    data: unknown,
    id: string | undefined,
    token: string,
  ): Promise<Job | undefined>;
  protected updateDelays(limitDelay?: number, delayUntil?: number): void;
  /** Undefined while it closes, and after an error that it has emitted. */
  protected retryIfFailed<Result>(
    action: () => Promise<Result>,
    options: { delayInMs: number; onlyEmitError?: boolean },
  ): Promise<Result | undefined>;
  protected moveToActive(token: string, name?: string): Promise<Job | undefined>;
}

/** The job is not tried again. */
export class UnrecoverableError extends Error {}

/** The job was moved to those that wait for a time. */
export class DelayedError extends Error {}

/** The job was moved back to those that wait. */
export class WaitingError extends Error {}
