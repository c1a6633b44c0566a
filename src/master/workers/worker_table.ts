/** All worker processes, and questions about them as a group. */

import type { Member } from "../../core/pool/goal.ts";
import { isWanted } from "../../core/pool/worker_state.ts";
import type { Generation } from "./generation.ts";
import type { Scoreboard } from "./scoreboard.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** A tick that is later than this, in milliseconds, says more about the master than about its workers. */
const longestPause = 1_000;

export class WorkerTable {
  readonly #workers = new Set<WorkerHandle>();
  readonly #tokens = new Map<string, WorkerHandle>();
  #lastTick: number | null = null;

  get size(): number {
    return this.#workers.size;
  }

  /** `visit` may add and remove workers: those present at the call are visited. */
  forEach(visit: (worker: WorkerHandle) => void): void {
    Array.from(this.#workers).forEach(visit);
  }

  /** The process of `worker` was started with `token`, with which it will identify itself. */
  add(worker: WorkerHandle, token: string): void {
    this.#workers.add(worker);
    this.#tokens.set(token, worker);
  }

  remove(worker: WorkerHandle): void {
    this.#workers.delete(worker);
    // A worker that died before it connected has not used its token.
    for (const [token, owner] of this.#tokens) if (owner === worker) this.#tokens.delete(token);
  }

  /** The worker that was started with `token`; a token works once. */
  redeem(token: string): WorkerHandle | null {
    const worker = this.#tokens.get(token) ?? null;
    this.#tokens.delete(token);
    return worker;
  }

  /** How many workers have not identified themselves. */
  get expected(): number {
    return this.#tokens.size;
  }

  members(): Member[] {
    return Array.from(this.#workers, (worker) => worker.member());
  }

  bySlot(): WorkerHandle[] {
    return Array.from(this.#workers).sort((a, b) => a.slot - b.slot);
  }

  /** With the number of requests each has in flight. */
  loadedMembers(scoreboard: Scoreboard): Member[] {
    return Array.from(
      this.#workers,
      (worker) => ({ ...worker.member(), load: scoreboard.inFlight(worker.slot) }),
    );
  }

  inSlot(slot: number): WorkerHandle | undefined {
    return this.#find((worker) => worker.slot === slot);
  }

  serving(): WorkerHandle[] {
    return Array.from(this.#workers).filter((worker) => worker.isServing);
  }

  get isAnyBooting(): boolean {
    return this.#find((worker) => worker.state.is === "booting") !== undefined;
  }

  /** True if exactly `target` workers are meant to stay, all of them serve, and none is due for recycling. */
  isStable(target: number): boolean {
    const serving = this.serving().filter((worker) => !worker.isDueForRecycling).length;
    return serving === target && this.members().filter(({ is }) => is !== "leaving").length === target;
  }

  /** How many workers of a generation are ready. */
  readyOf(generation: number): number {
    let count = 0;
    for (const worker of this.#workers) {
      if (worker.state.is === "ready" && worker.generation.number === generation) count++;
    }
    return count;
  }

  /** True while a worker of another generation is meant to stay. */
  hasOtherThan(generation: number): boolean {
    return this.#find((worker) => isWanted(worker.state) && worker.generation.number !== generation) !==
      undefined;
  }

  /** The generations of workers that have been asked to finish, the oldest first. */
  leavingGenerations(): number[] {
    const numbers = new Set<number>();
    for (const { state, generation } of this.#workers) {
      if (state.is === "draining") numbers.add(generation.number);
    }
    return Array.from(numbers).sort((a, b) => a - b);
  }

  /** Applies the deadlines of every worker. Ticks are meant to come every `interval` milliseconds. */
  tick(now: number, interval: number): void {
    const pause = now - (this.#lastTick ?? now) - interval;
    this.#lastTick = now;
    this.forEach((worker) => {
      // The master itself was stopped or starved: what its workers sent meanwhile has not been read yet.
      if (pause > longestPause) worker.postpone(pause);
      worker.apply({ type: "tick" }, now);
    });
  }

  uses(generation: Generation): boolean {
    return this.#find((worker) => worker.generation === generation) !== undefined;
  }

  #find(test: (worker: WorkerHandle) => boolean): WorkerHandle | undefined {
    for (const worker of this.#workers) if (test(worker)) return worker;
    return undefined;
  }
}
