/**
 * The jobs that the app has given to `Deno.cron`: every worker knows their schedule, and the holder runs them. If the app has
 * tasks the holder adds a task instead, so that of several servers with one store only one runs the job.
 */

import { givenUp, holdsJob, noTerm, passed } from "../../core/pool/job_holder.ts";
import type { Clock, CronJobs } from "../../system/system.ts";
import type { LifeCycle } from "./life_cycle.ts";
import type { WorkerLog } from "../worker_log.ts";

/** Adds a task for the job that was due then, by the wall clock, unless that was done already. */
type AddTask = (name: string, due: number) => Promise<unknown>;

export class Jobs implements CronJobs {
  readonly #clock: Pick<Clock, "wall">;
  readonly #log: WorkerLog;
  readonly #lifeCycle: LifeCycle;
  readonly #unit: number;
  readonly #jobs = new Map<string, () => unknown>();
  readonly #addTask: AddTask | null;
  #term = noTerm;
  #isHeld = false;

  /** The jobs are due at whole multiples of `unit` milliseconds. */
  constructor(
    clock: Pick<Clock, "wall">,
    log: WorkerLog,
    lifeCycle: LifeCycle,
    unit: number,
    addTask: AddTask | null = null,
  ) {
    this.#clock = clock;
    this.#log = log;
    this.#lifeCycle = lifeCycle;
    this.#unit = unit;
    this.#addTask = addTask;
  }

  added(name: string, job: () => unknown): void {
    this.#jobs.set(name, job);
    // One that is added later has no line of its own: the holder is known.
    if (this.#isHeld && this.#jobs.size === 1) this.#report();
  }

  removed(name: string): void {
    this.#jobs.delete(name);
  }

  /** The function of a job, for a task that stands for it. */
  jobOf(name: string): (() => unknown) | undefined {
    return this.#jobs.get(name);
  }

  /** Runs it if this worker holds the jobs. Rejects with what it throws: the runtime logs that, and may try again. */
  run(name: string, job: () => unknown): unknown {
    const now = this.#clock.wall();
    if (!holdsJob(this.#term, now, this.#unit)) return undefined;
    const due = Math.floor(now / this.#unit) * this.#unit;
    const addTask = this.#addTask;
    const running = Promise.try(addTask === null ? job : () => addTask(name, due));
    this.#lifeCycle.runs(name, running);
    return running;
  }

  /** The master has decided who holds the jobs from then on. */
  pass(held: boolean, at: number): void {
    this.#term = passed(this.#term, held, at);
    this.#isHeld = held;
    if (held && this.#jobs.size > 0) this.#report();
  }

  /** This worker finishes. */
  giveUp(): void {
    this.#term = givenUp(this.#term, this.#clock.wall());
  }

  #report(): void {
    const names = Array.from(this.#jobs.keys()).join(", ");
    const what = this.#addTask === null
      ? "runs the jobs of Deno.cron"
      : "adds the jobs of Deno.cron as tasks";
    void this.#log.write((logger) => logger.info`${what}, for all workers: ${names}`);
  }
}
