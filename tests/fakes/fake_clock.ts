import type { Clock } from "../../src/system/system.ts";

interface Timer {
  at: number;
  readonly every: number | null;
  readonly fire: () => void;
}

/** A clock that moves only when a test says so. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Timer>();

  /** The number of timers that have not fired. */
  get timers(): number {
    return this.#timers.size;
  }

  monotonic(): number {
    return this.#now;
  }

  wall(): number {
    return Date.UTC(2026, 0, 1) + this.#now;
  }

  after(ms: number, fire: () => void): () => void {
    return this.#add({ at: this.#now + ms, every: null, fire });
  }

  afterTurn(fire: () => void): void {
    this.after(0, fire);
  }

  every(ms: number, fire: () => void): () => void {
    return this.#add({ at: this.#now + ms, every: ms, fire });
  }

  everyFine(ms: number, fire: () => void): () => void {
    return this.every(ms, fire);
  }

  /** Moves forward by `ms`, fires timers in order, and lets promises resolve in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (let due = this.#next(end); due !== null; due = this.#next(end)) {
      this.#now = Math.max(this.#now, due.at);
      if (due.every === null) this.#timers.delete(due);
      else due.at += due.every;
      due.fire();
      await settled();
    }
    this.#now = end;
  }

  #next(end: number): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers) {
      if (timer.at <= end && (first === null || timer.at < first.at)) first = timer;
    }
    return first;
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}

/** Lets every promise resolve that can. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
