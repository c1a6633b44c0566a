/** What a worker reports at each heartbeat: the oldest request, slow requests, and counters that are not shared. */

import { encodeBytes } from "../protocol/framing.ts";
import type { Clock } from "../system/system.ts";
import type { InFlightRequest, InFlightRequests } from "./http/in_flight_requests.ts";
import type { Slot } from "./slot.ts";

interface ReportOptions {
  /** Milliseconds after which a request in flight is slow; 0: never. */
  readonly slowRequest: number;
  readonly onSlow: (entry: InFlightRequest, ms: number) => void;
  /** Sends the bytes of a slot that the master cannot read from memory. */
  readonly send: (counters: string) => void;
}

/** Milliseconds. It is a fraction of any sensible `timeout`. */
const sendInterval = 250;

export class Reports {
  readonly #clock: Clock;
  readonly #slot: Slot;
  readonly #entries: InFlightRequests;
  readonly #options: ReportOptions;
  #longest: InFlightRequest | null = null;
  #sentAt = -Infinity;

  constructor(clock: Clock, slot: Slot, entries: InFlightRequests, options: ReportOptions) {
    this.#clock = clock;
    this.#slot = slot;
    this.#entries = entries;
    this.#options = options;
  }

  report(): void {
    const now = this.#clock.monotonic();
    this.#recordLongest();
    this.#reportSlow(now);
    if (this.#slot.notSharedReason === null || now - this.#sentAt < sendInterval) return;
    this.#sentAt = now;
    this.#options.send(encodeBytes(this.#slot.bytes));
  }

  #recordLongest(): void {
    const { oldest } = this.#entries;
    if (oldest === this.#longest) return;
    this.#longest = oldest;
    const { writer } = this.#slot;
    if (oldest === null) writer.clearLongest();
    else writer.setLongest(oldest.method, oldest.path, oldest.since);
  }

  #reportSlow(now: number): void {
    const { slowRequest, onSlow } = this.#options;
    if (slowRequest === 0) return;
    for (const entry of this.#entries) {
      const ms = now - entry.since;
      if (ms < slowRequest) return;
      if (entry.isReported) continue;
      entry.isReported = true;
      onSlow(entry, ms);
    }
  }
}
