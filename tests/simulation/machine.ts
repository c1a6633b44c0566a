/**
 * A machine with some cores and workers. A worker has one thread: like an event loop, it accepts all waiting
 * connections, computes their first parts one after the other, and only then accepts again. Computing threads share the
 * cores evenly.
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
  /** Not accepted yet. */
  readonly waiting: Work[] = [];
  /** Accepted, not computed yet. */
  readonly queue: Work[] = [];
  /** All work without a response. */
  readonly unanswered = new Set<Work>();
  inFlight = 0;
  /** Milliseconds of computing so far. */
  computed = 0;
  remaining = 0;
  finish: () => void = () => {};
  turnBegan: number | null = null;
  lastTurn = 0;
  isStuck = false;
}

const bootDuration = { compute: 90, wait: 60 } as const;

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
    this.#compute(worker, bootDuration.compute, () => {
      this.#timeline.after(bootDuration.wait, () => {
        worker.state = "ready";
      });
    });
  }

  drain(worker: SimulatedWorker): void {
    worker.state = "leaving";
    this.#leaveIfDone(worker);
  }

  /** Blocks its event loop for good and keeps a core busy. */
  hang(worker: SimulatedWorker): void {
    worker.isStuck = true;
    worker.turnBegan ??= this.#timeline.now;
    this.#compute(worker, Infinity, () => {});
  }

  /** Ends the worker; the clients that wait for it learn that there will be no response. */
  kill(worker: SimulatedWorker): void {
    this.workers.delete(worker);
    worker.unanswered.forEach((work) => work.done());
  }

  accept(worker: SimulatedWorker, work: Work): void {
    worker.waiting.push(work);
    worker.unanswered.add(work);
    if (worker.turnBegan === null) this.#turn(worker);
  }

  /** How late the event loop is: the duration of the current turn, or of the previous one. */
  lagOf(worker: SimulatedWorker): number {
    return worker.turnBegan === null ? worker.lastTurn : this.#timeline.now - worker.turnBegan;
  }

  /** Runs all events up to `end`. */
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

  /** Brings `computed` up to date. To be called before it is read. */
  update(): void {
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
    // Requests in flight in a stuck worker end with it.
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
    const worker = computing.reduce((first, other) => other.remaining < first.remaining ? other : first);
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
      worker.computed += done;
      // `run` sets `remaining` to 0 when a worker finishes.
      worker.remaining = Math.max(1e-9, worker.remaining - done);
    }
    this.#at = to;
  }
}
