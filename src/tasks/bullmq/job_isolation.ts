/**
 * Which jobs a worker may run beside each other: one whose workers have died often runs alone, because it may be what kills
 * them. BullMQ gives out any job, so one that may not run now goes back to where it waited, and the worker asks for no more
 * until something has changed.
 */

// @ts-types="../../../types/bullmq.d.ts"
import type { Job } from "bullmq";
import { crashesUntilAlone } from "../../core/tasks/task_limits.ts";
import type { Clock } from "../../system/system.ts";

/** Milliseconds after which a worker asks again: another one may have taken what it gave back. */
const heldPause = 1_000;

export class JobIsolation {
  readonly #clock: Clock;
  /** Those that this worker has got and that have not ended; true for those that have begun. */
  readonly #taken = new Map<Job, boolean>();
  #alone: Job | null = null;
  #cancelHold: (() => void) | null = null;
  #isClosed = false;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether this worker may ask for a job. */
  get isOpen(): boolean {
    return this.#isClosed || (this.#alone === null && this.#cancelHold === null);
  }

  /**
   * True when it may ask for a job; false when a job must begin before: the loop of BullMQ does so only while it does not
   * wait for another one.
   */
  async opened(): Promise<boolean> {
    while (!this.isOpen) {
      if ([...this.#taken.values()].includes(false)) return false;
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    }
    return true;
  }

  /** The worker has got it. False: it must give it back. */
  take(job: Job): boolean {
    const isSuspect = job.stalledCounter >= crashesUntilAlone;
    if (this.#alone !== null || (isSuspect && this.#taken.size > 0)) {
      this.#hold();
      return false;
    }
    if (isSuspect) this.#alone = job;
    this.#taken.set(job, false);
    this.#changed();
    return true;
  }

  begun(job: Job): void {
    this.#taken.set(job, true);
  }

  ended(job: Job): void {
    this.#taken.delete(job);
    if (this.#alone === job) this.#alone = null;
    this.#release();
  }

  /** The worker ends: nobody has to wait any more. */
  close(): void {
    this.#isClosed = true;
    this.#release();
  }

  #hold(): void {
    this.#cancelHold ??= this.#clock.after(heldPause, () => this.#release());
  }

  #release(): void {
    this.#cancelHold?.();
    this.#cancelHold = null;
    this.#changed();
  }

  #changed(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
