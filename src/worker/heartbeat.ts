/**
 * The heartbeat of a worker. The master regards the event loop of a worker as blocked when the heartbeat stops. A
 * worker without requests beats less often, and writes its interval down: 32 idle workers that beat every 25 ms would
 * use 5 % of a core. The next request wakes it.
 */

import type { Clock } from "../system/system.ts";
import type { Requests } from "./http/requests.ts";
import type { Slot } from "./slot.ts";

interface HeartbeatOptions {
  /** Milliseconds between two heartbeats under load. */
  readonly interval: number;
  /** Milliseconds between two heartbeats without requests. */
  readonly restingInterval: number;
  readonly onHeartbeat: () => void;
}

/** A worker rests after this many milliseconds without a request. */
const restAfter = 1_000;

export class Heartbeat {
  readonly #clock: Clock;
  readonly #slot: Slot;
  readonly #requests: Requests;
  readonly #options: HeartbeatOptions;
  #cancel: () => void = () => {};
  #interval = 0;
  #due = 0;
  #lastTotal = 0;
  #busyAt = 0;

  constructor(clock: Clock, slot: Slot, requests: Requests, options: HeartbeatOptions) {
    this.#clock = clock;
    this.#slot = slot;
    this.#requests = requests;
    this.#options = options;
    requests.onWake = () => this.start();
  }

  start(): void {
    this.#busyAt = this.#clock.monotonic();
    this.#setInterval(this.#options.interval);
  }

  /** Whether there were requests within the last second. */
  get isBusy(): boolean {
    return this.#requests.total !== this.#lastTotal || this.#clock.monotonic() - this.#busyAt < restAfter;
  }

  #setInterval(interval: number): void {
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
    if (this.#requests.total !== this.#lastTotal || this.#requests.inFlight > 0) {
      this.#lastTotal = this.#requests.total;
      this.#busyAt = now;
    } else if (!this.#requests.isResting && now - this.#busyAt >= restAfter) {
      this.#requests.isResting = true;
      this.#setInterval(this.#options.restingInterval);
    }
  }
}
