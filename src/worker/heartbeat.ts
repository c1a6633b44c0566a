/**
 * Beats while the event loop turns: the master takes silence for a worker that is held up. A worker with nothing
 * to do beats less often and says so, since 32 idle workers beating every 25 ms would take 5 % of a core; the
 * first request wakes it.
 */

import type { Clock } from "../system/system.ts";
import type { Requests } from "./requests.ts";
import type { Slot } from "./slot.ts";

export interface HeartbeatOptions {
  /** Milliseconds between two beats under load. */
  readonly interval: number;
  /** Milliseconds between two beats without requests. */
  readonly restingInterval: number;
  /** Called at every beat. */
  readonly onHeartbeat: () => void;
}

/** Without a request for this long, the worker rests. */
const restAfter = 1_000;

export class Heartbeat {
  readonly #clock: Clock;
  readonly #slot: Slot;
  readonly #requests: Requests;
  readonly #options: HeartbeatOptions;
  #cancel: () => void = () => {};
  #interval = 0;
  #due = 0;
  #requestsSeen = 0;
  #busyAt = 0;

  constructor(clock: Clock, slot: Slot, requests: Requests, options: HeartbeatOptions) {
    this.#clock = clock;
    this.#slot = slot;
    this.#requests = requests;
    this.#options = options;
    requests.onWake = () => this.#wake();
  }

  start(): void {
    this.#busyAt = this.#clock.monotonic();
    this.#startHeartbeat(this.#options.interval);
  }

  /** Whether requests have come in of late. */
  get isBusy(): boolean {
    return this.#requests.total !== this.#requestsSeen || this.#clock.monotonic() - this.#busyAt < restAfter;
  }

  #wake(): void {
    this.#busyAt = this.#clock.monotonic();
    this.#startHeartbeat(this.#options.interval);
  }

  #startHeartbeat(interval: number): void {
    this.#cancel();
    this.#interval = interval;
    this.#due = this.#clock.monotonic() + interval;
    this.#slot.writer.heartbeatInterval = interval;
    this.#slot.writer.heartbeat();
    this.#cancel = this.#clock.every(interval, () => this.#heartbeat());
  }

  #heartbeat(): void {
    const now = this.#clock.monotonic();
    this.#slot.writer.heartbeat();
    this.#slot.writer.measureLag(Math.max(0, now - this.#due));
    this.#due = now + this.#interval;
    this.#options.onHeartbeat();
    if (this.#requests.total !== this.#requestsSeen || this.#requests.inFlight > 0) {
      this.#requestsSeen = this.#requests.total;
      this.#busyAt = now;
    } else if (!this.#requests.isResting && now - this.#busyAt >= restAfter) {
      this.#requests.isResting = true;
      this.#startHeartbeat(this.#options.restingInterval);
    }
  }
}
