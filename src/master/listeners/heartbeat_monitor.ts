/**
 * Watches the heartbeats of all workers in shared memory, and owns what is known of them. A worker whose event loop
 * is blocked for longer than `stall-after` gets no new connections until it is responsive again; one that is
 * unresponsive for longer than `timeout` is killed.
 */

import type { Settings } from "../../settings/settings.ts";
import type { Clock } from "../../system/system.ts";
import { killMargin } from "../../core/pool/worker_state.ts";
import { heartbeatInterval, restingInterval } from "../workers/worker_config.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { WorkerTable } from "../workers/worker_table.ts";

/** The last heartbeat the master saw. */
export interface Heartbeat {
  /** The counter that the worker increments. */
  readonly count: number;
  /** When it was seen, by the monotonic clock; moved by the time in which the master itself could not poll. */
  readonly at: number;
}

type HeartbeatLimits = Pick<Settings, "stallAfter" | "timeout" | "workerClass">;

/**
 * Milliseconds between two polls while no worker has anything to do: 40 polls a second took 0.7 % of a core. Workers of the
 * class sync are polled as often as others: the second request is to find the first one seen.
 */
const idlePause = 100;

/** Where all workers are silent, those that are for less than so many milliseconds are equally likely to respond next. */
const shortSilence = 1_000;

export class HeartbeatMonitor {
  readonly #clock: Clock;
  readonly #workerTable: WorkerTable;
  readonly #scoreboard: Scoreboard;
  readonly #heartbeats = new WeakMap<WorkerHandle, Heartbeat>();
  readonly #stalled = new WeakSet<WorkerHandle>();
  #lastPoll: number | null = null;
  #isIdle = true;

  constructor(clock: Clock, workerTable: WorkerTable, scoreboard: Scoreboard) {
    this.#clock = clock;
    this.#workerTable = workerTable;
    this.#scoreboard = scoreboard;
  }

  /** True while no worker has had requests recently. */
  get isIdle(): boolean {
    return this.#isIdle;
  }

  /** `null` until it serves. */
  lastHeartbeat(worker: WorkerHandle): Heartbeat | null {
    return this.#heartbeats.get(worker) ?? null;
  }

  /**
   * Milliseconds without a heartbeat at the last poll; `null` until it serves. Not until now: after a pause of the master
   * itself that would count against the workers.
   */
  silence(worker: WorkerHandle): number | null {
    const last = this.lastHeartbeat(worker);
    return last === null ? null : Math.max(0, (this.#lastPoll ?? last.at) - last.at);
  }

  /** True while its event loop is blocked for longer than `stall-after`. */
  isStalled(worker: WorkerHandle): boolean {
    return this.#stalled.has(worker);
  }

  /**
   * The workers that get new connections: all that serve, without those that are stalled or paused. If all others are
   * stalled, paused or gone, spares do; if those are, too, paused ones. If all are stalled, those do that have been silent
   * for the shortest time: on a machine that is busy all may be late at one moment, but one that was stopped stays so.
   */
  eligible(): ReadonlySet<WorkerHandle> {
    const serving = this.#workerTable.serving();
    const actives = serving.filter((worker) => !worker.isSpare);
    const isResponsive = (worker: WorkerHandle) => !this.isStalled(worker);
    const isFit = (worker: WorkerHandle) => isResponsive(worker) && !worker.isPaused;
    const choices = [
      ...[actives.filter(isFit), serving.filter(isFit)],
      ...[actives.filter(isResponsive), serving.filter(isResponsive), this.#leastSilent(actives)],
    ];
    return new Set(choices.find((workers) => workers.length > 0) ?? serving);
  }

  #leastSilent(workers: readonly WorkerHandle[]): WorkerHandle[] {
    const silences = workers.map((worker) => this.silence(worker) ?? 0);
    const longest = Math.max(shortSilence, 2 * Math.min(...silences));
    return workers.filter((_, index) => silences[index]! <= longest);
  }

  /**
   * Polls until the returned function is called, as often as the current `limits` need. Calls `polled` after each poll:
   * `changed` says whether a worker stalled, is responsive again, or was killed.
   */
  start(limits: () => HeartbeatLimits, polled: (changed: boolean) => void): () => void {
    let cancel = () => {};
    let pause = 0;
    // A timer that repeats costs half of one that is made again for each poll.
    const repeat = () => {
      const interval = heartbeatInterval(limits());
      const isSlow = this.#isIdle && this.#lastPoll !== null && limits().workerClass !== "sync";
      const next = isSlow ? Math.max(interval, idlePause) : interval;
      if (next === pause) return;
      cancel();
      pause = next;
      cancel = this.#clock.every(pause, () => {
        polled(this.poll(pause, limits()));
        repeat();
      });
    };
    repeat();
    return () => cancel();
  }

  /** Polls all workers, `interval` milliseconds after the last poll; true if any of them changed. */
  poll(interval: number, { stallAfter, timeout }: Omit<HeartbeatLimits, "workerClass">): boolean {
    const now = this.#clock.monotonic();
    // After a pause of the master itself all heartbeats seem old: the workers get that time.
    const pause = Math.max(0, now - (this.#lastPoll ?? now) - interval);
    this.#lastPoll = now;
    this.#isIdle = true;
    let changed = false;
    this.#workerTable.forEach((worker) => {
      const { slot, state } = worker;
      if (state.is !== "ready" && state.is !== "draining") return;
      if (this.#scoreboard.heartbeatInterval(slot) < restingInterval) this.#isIdle = false;
      const silence = now - this.#see(worker, now, pause).at;
      const isStalled = stallAfter > 0 && silence > this.#scoreboard.heartbeatTimeout(slot, stallAfter);
      if (isStalled !== this.isStalled(worker)) {
        changed = true;
        if (isStalled) this.#stalled.add(worker);
        else this.#stalled.delete(worker);
      }
      if (timeout > 0 && silence >= timeout && state.is === "ready") {
        worker.apply({ type: "kill", because: "unresponsive" }, now);
        changed = true;
      }
      // Its requests have had their time, and it does not clean up.
      if (state.is === "draining" && silence >= killMargin && now >= state.requestDeadline) {
        worker.apply({ type: "kill", because: "drain-overdue" }, now);
        changed = true;
      }
    });
    return changed;
  }

  #see(worker: WorkerHandle, now: number, pause: number): Heartbeat {
    const count = this.#scoreboard.heartbeat(worker.slot);
    const last = this.#heartbeats.get(worker);
    const seen = last === undefined || last.count !== count
      ? { count, at: now }
      : pause > 0
      ? { count, at: last.at + pause }
      : last;
    if (seen !== last) this.#heartbeats.set(worker, seen);
    return seen;
  }
}
