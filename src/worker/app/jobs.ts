/** The jobs that the app has given to `Deno.cron`: every worker knows their schedule, and the holder runs them. */

import { givenUp, holdsJob, noTerm, passed } from "../../core/pool/job_holder.ts";
import type { Clock, CronJobs } from "../../system/system.ts";
import type { LifeCycle } from "./life_cycle.ts";
import type { WorkerLog } from "../worker_log.ts";

export class Jobs implements CronJobs {
  readonly #clock: Pick<Clock, "wall">;
  readonly #log: WorkerLog;
  readonly #lifeCycle: LifeCycle;
  readonly #unit: number;
  readonly #names = new Set<string>();
  #term = noTerm;
  #isHeld = false;

  /** The jobs are due at whole multiples of `unit` milliseconds. */
  constructor(clock: Pick<Clock, "wall">, log: WorkerLog, lifeCycle: LifeCycle, unit: number) {
    this.#clock = clock;
    this.#log = log;
    this.#lifeCycle = lifeCycle;
    this.#unit = unit;
  }

  added(name: string): void {
    this.#names.add(name);
    // One that is added later has no line of its own: the holder is known.
    if (this.#isHeld && this.#names.size === 1) this.#report();
  }

  removed(name: string): void {
    this.#names.delete(name);
  }

  /** Runs it if this worker holds the jobs. Rejects with what it throws: the runtime logs that, and may try again. */
  run(name: string, job: () => unknown): unknown {
    if (!holdsJob(this.#term, this.#clock.wall(), this.#unit)) return undefined;
    const running = Promise.try(job);
    this.#lifeCycle.runs(name, running);
    return running;
  }

  /** The master has decided who holds the jobs from then on. */
  pass(held: boolean, at: number): void {
    this.#term = passed(this.#term, held, at);
    this.#isHeld = held;
    if (held && this.#names.size > 0) this.#report();
  }

  /** This worker finishes. */
  giveUp(): void {
    this.#term = givenUp(this.#term, this.#clock.wall());
  }

  #report(): void {
    const names = Array.from(this.#names).join(", ");
    void this.#log.write((logger) => logger.info`runs the jobs of Deno.cron, for all workers: ${names}`);
  }
}
