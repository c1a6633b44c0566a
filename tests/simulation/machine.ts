/**
 * A machine with some cores and the workers on it. A worker has one thread: it takes in all connections that
 * wait, computes their first parts one after the other, and only then looks again, like an event loop whose
 * handlers compute. Threads that compute share the cores evenly.
 */

import type { Timeline } from "./timeline.ts";

export interface Work {
  /** Milliseconds of computing. */
  readonly compute: number;
  /** Milliseconds of waiting after it. */
  readonly wait: number;
  readonly done: () => void;
}

export class SimulatedWorker {
  state: "booting" | "ready" | "leaving" = "booting";
  /** Not taken in yet. */
  readonly waiting: Work[] = [];
  /** Taken in and not computed yet. */
  readonly queue: Work[] = [];
  /** All that is not answered. */
  readonly unanswered = new Set<Work>();
  inFlight = 0;
  /** Milliseconds of computing so far. */
  spent = 0;
  remaining = 0;
  finish: () => void = () => {};
  turnBegan: number | null = null;
  lastTurn = 0;
  isStuck = false;
}

const bootTakes = { compute: 90, wait: 60 } as const;

export class Machine {
  readonly workers = new Set<SimulatedWorker>();
  readonly #timeline: Timeline;
  readonly #cores: number;
  #at = 0;

  constructor(timeline: Timeline, cores: number) {
    this.#timeline = timeline;
    this.#cores = cores;
  }

  start(): void {
    const worker = new SimulatedWorker();
    this.workers.add(worker);
    this.#compute(worker, bootTakes.compute, () => {
      this.#timeline.after(bootTakes.wait, () => {
        worker.state = "ready";
      });
    });
  }

  drain(worker: SimulatedWorker): void {
    worker.state = "leaving";
    this.#leaveIfDone(worker);
  }

  /** From now on its loop turns no more, and keeps a core busy. */
  hang(worker: SimulatedWorker): void {
    worker.isStuck = true;
    worker.turnBegan ??= this.#timeline.now;
    this.#compute(worker, Infinity, () => {});
  }

  /** Who waits for it learns that there will be no answer. */
  kill(worker: SimulatedWorker): void {
    this.workers.delete(worker);
    worker.unanswered.forEach((work) => work.done());
  }

  accept(worker: SimulatedWorker, work: Work): void {
    worker.waiting.push(work);
    worker.unanswered.add(work);
    if (worker.turnBegan === null) this.#turn(worker);
  }

  /** How late the loop is: the turn it is in, or the one before. */
  lagOf(worker: SimulatedWorker): number {
    return worker.turnBegan === null ? worker.lastTurn : this.#timeline.now - worker.turnBegan;
  }

  /** Lets everything happen until `end`. */
  run(end: number): void {
    for (;;) {
      const next = this.#nextToFinish();
      if (next !== null && next.at <= Math.min(end, this.#timeline.next)) {
        this.#progress(next.at);
        this.#timeline.now = next.at;
        next.worker.remaining = 0;
        next.worker.finish();
        continue;
      }
      if (this.#timeline.next > end) break;
      this.#progress(this.#timeline.next);
      this.#timeline.advance();
    }
    this.#progress(end);
    this.#timeline.now = end;
  }

  /** Lets those that compute do so up to now: to be called before `spent` is read. */
  settle(): void {
    this.#progress(this.#timeline.now);
  }

  #turn(worker: SimulatedWorker): void {
    if (worker.isStuck) return;
    const taken = worker.waiting.splice(0);
    worker.queue.push(...taken);
    worker.inFlight += taken.length;
    if (worker.queue.length === 0) {
      worker.lastTurn = worker.turnBegan === null ? 0 : this.#timeline.now - worker.turnBegan;
      worker.turnBegan = null;
      return;
    }
    if (worker.turnBegan !== null) worker.lastTurn = this.#timeline.now - worker.turnBegan;
    worker.turnBegan = this.#timeline.now;
    this.#computeNext(worker);
  }

  #computeNext(worker: SimulatedWorker): void {
    const work = worker.queue.shift();
    if (work === undefined) return this.#turn(worker);
    this.#compute(worker, work.compute, () => {
      this.#timeline.after(work.wait, () => this.#complete(worker, work));
      if (!worker.isStuck) this.#computeNext(worker);
    });
  }

  #complete(worker: SimulatedWorker, work: Work): void {
    // What was in flight in a stuck worker ends with it.
    if (worker.isStuck) return;
    worker.inFlight--;
    worker.unanswered.delete(work);
    work.done();
    this.#leaveIfDone(worker);
  }

  #leaveIfDone(worker: SimulatedWorker): void {
    if (worker.state !== "leaving" || worker.inFlight + worker.waiting.length > 0) return;
    this.workers.delete(worker);
  }

  #compute(worker: SimulatedWorker, ms: number, finish: () => void): void {
    this.#progress(this.#timeline.now);
    worker.remaining = Math.max(ms, 1e-6);
    worker.finish = finish;
  }

  #computing(): SimulatedWorker[] {
    return [...this.workers].filter(({ remaining }) => remaining > 0);
  }

  #nextToFinish(): { worker: SimulatedWorker; at: number } | null {
    const computing = this.#computing();
    if (computing.length === 0) return null;
    const worker = computing.reduce((least, one) => one.remaining < least.remaining ? one : least);
    if (worker.remaining === Infinity) return null;
    return { worker, at: this.#at + worker.remaining / this.#rate(computing.length) };
  }

  #rate(computing: number): number {
    return Math.min(1, this.#cores / computing);
  }

  #progress(to: number): void {
    const computing = this.#computing();
    const done = (to - this.#at) * this.#rate(computing.length);
    for (const worker of computing) {
      worker.spent += done;
      // What is left of the last one is set to 0 by whom it finishes for.
      worker.remaining = Math.max(1e-9, worker.remaining - done);
    }
    this.#at = to;
  }
}
