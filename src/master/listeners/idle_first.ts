/**
 * Sends new connections to idle workers first, and to the one with the shortest line if all are busy. Looks at all
 * workers every millisecond, but only while event loops are often blocked: a server whose handlers are short, or wait
 * without blocking, pays for one look with each poll of the heartbeats.
 */

import { type Line, observe, shortest } from "../../core/listeners/waiting_lines.ts";
import type { Clock } from "../../system/system.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { Steering } from "./steering.ts";

interface IdleFirstOptions {
  readonly clock: Clock;
  readonly scoreboard: Scoreboard;
  readonly steering: Pick<Steering, "receiving" | "prefer">;
}

/** A worker is blocked if it is busy with one request for longer than this (ms). */
const blockedFrom = 2;

/**
 * Looking often is worth its cost from the first share of looks on at which a worker was blocked, until the second. On a
 * machine without idle cores the kernel alone keeps a worker waiting at 1 of 30 looks.
 */
const [beginAt, endAt] = [0.4, 0.1];

/** The weight of the newest look: after three polls at which a worker was blocked it looks often, for 0.6 s at least. */
const newest = { poll: 0.2, look: 1 / 256 };

/** A look at so many workers takes 50 µs, or 5 % of a core if there is one each millisecond. */
const workersPerMillisecond = 16;

export class IdleFirst {
  readonly #options: IdleFirstOptions;
  #lines: ReadonlyMap<WorkerHandle, Line> = new Map();
  /** At how many of the looks a worker was blocked, lately; from 0 to 1. */
  #blockedShare = 0;
  /** Ends the looks between the polls; `null` if there are none. */
  #cancel: (() => void) | null = null;

  constructor(options: IdleFirstOptions) {
    this.#options = options;
  }

  /** Call it with each poll of the heartbeats. */
  polled(): void {
    if (this.#cancel !== null) return;
    const now = this.#look();
    const isBlocked = this.#lines.size > 1 && this.#isInLongHandler(now);
    if (isBlocked || this.#lines.size < 2 || !this.#lines.values().some(({ waiting }) => waiting > 0)) {
      return this.#weighPoll(isBlocked);
    }
    // A second look tells whether the event loop has accepted them, whatever it is busy with.
    this.#cancel = this.#options.clock.after(blockedFrom, () => {
      this.#cancel = null;
      this.#weighPoll(this.#isBlocked(this.#look()));
    });
  }

  #weighPoll(isBlocked: boolean): void {
    this.#weigh(isBlocked, newest.poll);
    if (this.#blockedShare > beginAt) this.#lookOften();
  }

  #isInLongHandler(now: number): boolean {
    const { scoreboard } = this.#options;
    return this.#lines.keys().some(({ slot }) => {
      const since = scoreboard.handlingSince(slot);
      return since > 0 && now - since >= blockedFrom;
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #lookOften(): void {
    const { clock, steering } = this.#options;
    const count = this.#lines.size;
    this.#cancel = clock.everyFine(Math.ceil(count / workersPerMillisecond), () => {
      const now = this.#look();
      this.#weigh(this.#isBlocked(now), newest.look);
      const isOver = this.#lines.size < 2 || this.#blockedShare < endAt;
      steering.prefer(isOver ? null : new Set(shortest(this.#lines, now)));
      if (!isOver && this.#lines.size === count) return;
      this.stop();
      if (!isOver) this.#lookOften();
    });
  }

  #isBlocked(now: number): boolean {
    return this.#lines.values().some(({ busySince }) => busySince !== null && now - busySince >= blockedFrom);
  }

  #weigh(isBlocked: boolean, weight: number): void {
    this.#blockedShare += weight * (Number(isBlocked) - this.#blockedShare);
  }

  /** Returns the time of the look. */
  #look(): number {
    const { clock, scoreboard, steering } = this.#options;
    const now = clock.monotonic();
    this.#lines = new Map(
      steering.receiving().map(({ worker, waiting }) => {
        const look = {
          waiting,
          isHandling: scoreboard.handlingSince(worker.slot) > 0,
          requests: scoreboard.requests(worker.slot),
        };
        return [worker, observe(this.#lines.get(worker) ?? null, look, now)];
      }),
    );
    return now;
  }
}
