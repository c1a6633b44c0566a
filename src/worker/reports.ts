/** What a worker tells at every beat beside its counters: the longest request, slow ones, and, apart, all of it. */

import { encodeSlot } from "../protocol/slot_bytes.ts";
import type { Clock } from "../system/system.ts";
import type { InFlightRequest, InFlightRequests } from "./in_flight_requests.ts";
import type { Slot } from "./slot.ts";

export interface ReportOptions {
  /** Milliseconds after which a request in flight is told to be slow; 0 for never. */
  readonly slowRequest: number;
  readonly onSlow: (inFlightRequest: InFlightRequest, ms: number) => void;
  /** Takes the bytes of the slot where the master cannot read them from memory. */
  readonly send: (counters: string) => void;
}

/** Over the link, a few times within any `timeout` is often enough. */
const sendInterval = 250;

export class Reports {
  readonly #clock: Clock;
  readonly #slot: Slot;
  readonly #inFlightRequests: InFlightRequests;
  readonly #options: ReportOptions;
  #longest: InFlightRequest | null = null;
  #sentAt = -Infinity;

  constructor(clock: Clock, slot: Slot, inFlightRequests: InFlightRequests, options: ReportOptions) {
    this.#clock = clock;
    this.#slot = slot;
    this.#inFlightRequests = inFlightRequests;
    this.#options = options;
  }

  report(): void {
    const now = this.#clock.monotonic();
    this.#recordLongest();
    this.#logSlow(now);
    if (this.#slot.notSharedReason === null || now - this.#sentAt < sendInterval) return;
    this.#sentAt = now;
    this.#options.send(encodeSlot(this.#slot.bytes));
  }

  #recordLongest(): void {
    const { oldest } = this.#inFlightRequests;
    if (oldest === this.#longest) return;
    this.#longest = oldest;
    const { writer } = this.#slot;
    if (oldest === null) return writer.clearLongest();
    writer.setLongest(oldest.request.method, oldest.path, oldest.since);
  }

  #logSlow(now: number): void {
    const { slowRequest, onSlow } = this.#options;
    if (slowRequest === 0) return;
    for (const inFlightRequest of this.#inFlightRequests) {
      const ms = now - inFlightRequest.since;
      if (ms < slowRequest) return;
      if (inFlightRequest.isReported) continue;
      inFlightRequest.isReported = true;
      onSlow(inFlightRequest, ms);
    }
  }
}
