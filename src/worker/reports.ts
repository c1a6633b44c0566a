/** What a worker tells at every beat beside its counters: the longest request, slow ones, and, apart, all of it. */

import { encodeFigures } from "../protocol/figures.ts";
import type { Clock } from "../system/system.ts";
import type { Flight, Flights } from "./flights.ts";
import type { Slot } from "./slot.ts";

export interface ReportOptions {
  /** Milliseconds after which a request in flight is told to be slow; 0 for never. */
  readonly slowRequest: number;
  readonly onSlow: (flight: Flight, ms: number) => void;
  /** Takes the bytes of the slot where the master cannot read them from memory. */
  readonly send: (figures: string) => void;
}

/** Over the link, a few times within any `timeout` is often enough. */
const sendInterval = 250;

export class Reports {
  readonly #clock: Clock;
  readonly #slot: Slot;
  readonly #flights: Flights;
  readonly #options: ReportOptions;
  #longest: Flight | null = null;
  #sentAt = -Infinity;

  constructor(clock: Clock, slot: Slot, flights: Flights, options: ReportOptions) {
    this.#clock = clock;
    this.#slot = slot;
    this.#flights = flights;
    this.#options = options;
  }

  report(): void {
    const now = this.#clock.monotonic();
    this.#tellLongest();
    this.#tellSlow(now);
    if (this.#slot.apart === null || now - this.#sentAt < sendInterval) return;
    this.#sentAt = now;
    this.#options.send(encodeFigures(this.#slot.bytes));
  }

  #tellLongest(): void {
    const { oldest } = this.#flights;
    if (oldest === this.#longest) return;
    this.#longest = oldest;
    const { writer } = this.#slot;
    if (oldest === null) return writer.clearLongest();
    writer.setLongest(oldest.request.method, oldest.path, oldest.since);
  }

  #tellSlow(now: number): void {
    const { slowRequest, onSlow } = this.#options;
    if (slowRequest === 0) return;
    for (const flight of this.#flights) {
      const ms = now - flight.since;
      if (ms < slowRequest) return;
      if (flight.isTold) continue;
      flight.isTold = true;
      onSlow(flight, ms);
    }
  }
}
