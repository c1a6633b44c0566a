/** All worker processes there are, and what they add up to. */

import type { Member } from "../../core/pool/plan.ts";
import { isWanted } from "../../core/pool/worker_state.ts";
import type { WorkerHandle } from "./worker_handle.ts";
import type { Generation } from "./generation.ts";
import type { Scoreboard } from "./scoreboard.ts";

/** A tick later than this says more about the master than about its workers. */
const longestPause = 1_000;

export class WorkerTable {
  readonly #workers = new Set<WorkerHandle>();
  readonly #tokens = new Map<string, WorkerHandle>();
  #lastTick: number | null = null;

  get size(): number {
    return this.#workers.size;
  }

  /** Children that `visit` ends or starts are not visited. */
  forEach(visit: (worker: WorkerHandle) => void): void {
    Array.from(this.#workers).forEach(visit);
  }

  add(worker: WorkerHandle, token: string): void {
    this.#workers.add(worker);
    this.#tokens.set(token, worker);
  }

  remove(worker: WorkerHandle): void {
    this.#workers.delete(worker);
  }

  /** The child that was given `token`; a token works once. */
  redeem(token: string): WorkerHandle | null {
    const worker = this.#tokens.get(token) ?? null;
    this.#tokens.delete(token);
    return worker;
  }

  members(): Member[] {
    return Array.from(this.#workers, (worker) => worker.member());
  }

  bySlot(): WorkerHandle[] {
    return Array.from(this.#workers).sort((a, b) => a.slot - b.slot);
  }

  /** With the requests each has in flight. */
  loadedMembers(scoreboard: Scoreboard): Member[] {
    return Array.from(
      this.#workers,
      (worker) => ({ ...worker.member(), load: scoreboard.inFlight(worker.slot) }),
    );
  }

  inSlot(slot: number): WorkerHandle | undefined {
    return this.#find((worker) => worker.slot === slot);
  }

  /** Those that serve. */
  ready(): WorkerHandle[] {
    return Array.from(this.#workers).filter((worker) => worker.state.is === "ready" && !worker.isLost);
  }

  get isAnyBooting(): boolean {
    return this.#find((worker) => worker.state.is === "booting") !== undefined;
  }

  /** True while exactly `target` workers are meant to stay, all of them ready and none of them spent. */
  isStable(target: number): boolean {
    const ready = this.ready().filter((worker) => !worker.dueForRecycling).length;
    return ready === target && this.members().filter(({ is }) => is !== "leaving").length === target;
  }

  /** Those that get new connections: all that are ready, unless some of them can answer sooner than others. */
  eligible(): ReadonlySet<WorkerHandle> {
    const ready = this.ready();
    const responsive = ready.filter((worker) => !worker.isStalled);
    return new Set(responsive.length > 0 ? responsive : ready);
  }

  /** How many workers of a generation are ready. */
  readyOf(generation: number): number {
    let count = 0;
    for (const worker of this.#workers) {
      if (worker.state.is === "ready" && worker.generation.number === generation) count++;
    }
    return count;
  }

  /** True while a worker of another generation is still meant to serve. */
  hasOtherThan(generation: number): boolean {
    return this.#find((worker) => isWanted(worker.state) && worker.generation.number !== generation) !==
      undefined;
  }

  /** Steps every worker's deadlines; ticks are meant to come every `interval` milliseconds. */
  tick(now: number, interval: number): void {
    const pause = now - (this.#lastTick ?? now) - interval;
    this.#lastTick = now;
    this.forEach((worker) => {
      // The master itself was stopped or starved: what its workers said meanwhile is still to be read.
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
