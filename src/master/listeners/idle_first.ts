/**
 * Sends new connections to idle workers first, and to the one with the shortest line if all are busy. Looks at all
 * workers every millisecond, but only while event loops are often blocked: a server whose handlers are short, or wait
 * without blocking, pays for one look with each poll of the heartbeats.
 */

import { type Line, observe, shortest } from "../../core/listeners/waiting_lines.ts";
import type { WorkerClass } from "../../settings/kinds/worker_class.ts";
import type { Clock } from "../../system/system.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { Steering } from "./steering.ts";

interface IdleFirstOptions {
  readonly clock: Clock;
  readonly scoreboard: Scoreboard;
  readonly steering: Pick<Steering, "receiving" | "prefer">;
  /** `sync`: a worker is busy as long as a request is in flight, whether its event loop turns or not. */
  readonly workerClass: () => WorkerClass;
}

/** A worker is blocked if it is busy with one request for longer than this (ms). */
const blockedFrom = 2;

/**
 * Looking often is worth its cost from the first share of looks on at which a worker was blocked, until the second. On a
 * machine without idle cores the kernel alone keeps a worker waiting at 1 of 30 looks.
 */
const [beginAt, endAt] = [0.4, 0.1];

/**
 * The weight of the newest look: after three polls at which a worker was blocked it looks often, for 0.6 s at least. With
 * the class sync one poll is enough: who chose it expects no request to wait while a worker is idle.
 */
const newest = { poll: { async: 0.2, sync: 0.6 }, look: 1 / 256 };

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
    if (isBlocked || this.#lines.size < 2 || !this.#lines.values().some((line) => this.#mayBeBlocked(line))) {
      return this.#weighPoll(isBlocked);
    }
    // A second look tells whether the event loop has accepted them, whatever it is busy with, or the request has ended.
    this.#cancel = this.#options.clock.after(blockedFrom, () => {
      this.#cancel = null;
      this.#weighPoll(this.#isBlocked(this.#look()));
    });
  }

  #weighPoll(isBlocked: boolean): void {
    this.#weigh(isBlocked, newest.poll[this.#isOneAtATime ? "sync" : "async"]);
    if (this.#blockedShare > beginAt) this.#lookOften();
  }

  #mayBeBlocked({ waiting, ahead }: Line): boolean {
    return waiting > 0 || (ahead > 0 && this.#isOneAtATime);
  }

  get #isOneAtATime(): boolean {
    return this.#options.workerClass() === "sync";
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
    const isOneAtATime = this.#isOneAtATime;
    const now = clock.monotonic();
    this.#lines = new Map(
      steering.receiving().map(({ worker, waiting }) => {
        const { slot } = worker;
        const requests = scoreboard.requests(slot);
        const ahead = isOneAtATime ? scoreboard.inFlight(slot) : Number(scoreboard.handlingSince(slot) > 0);
        const look = { waiting, ahead, requests, turn: isOneAtATime ? requests - ahead : requests };
        return [worker, observe(this.#lines.get(worker) ?? null, look, now)];
      }),
    );
    return now;
  }
}
