/** Marks workers that are spent, one after another; `core/pool.ts` replaces what is marked, new before old. */

import {
  decideRecycling,
  type RecyclingLimits,
  type Spent,
  type SpentBecause,
  type Veteran,
} from "../core/recycling.ts";
import type { Logger } from "../log/logger.ts";
import { showDuration } from "../settings/kinds/duration.ts";
import type { System } from "../system/system.ts";
import type { Child } from "./child.ts";
import type { LifecycleLog } from "./lifecycle_log.ts";
import { MemoryReadings } from "./memory_readings.ts";
import type { Roster } from "./roster.ts";
import type { Scoreboard } from "./scoreboard.ts";
import type { Totals } from "./totals.ts";

export interface RecyclingOptions {
  readonly system: System;
  readonly logger: Logger;
  readonly roster: Roster;
  readonly scoreboard: Scoreboard;
  readonly lifecycle: LifecycleLog;
  readonly totals: Totals;
}

export class Recycling {
  readonly #options: RecyclingOptions;
  readonly #readings: MemoryReadings;
  /** Of every jitter; it stays the same for as long as the worker lives. */
  readonly #shares = new WeakMap<Child, number>();

  constructor(options: RecyclingOptions) {
    this.#options = options;
    this.#readings = new MemoryReadings(options.system, options.logger, "max-memory");
  }

  /** Marks one spent worker, if all `target` workers are ready and none is being replaced. */
  look(limits: RecyclingLimits, target: number): void {
    if (limits.maxRequests === 0 && limits.maxLifetime === 0 && limits.maxMemory === 0) return;
    const { system, roster, lifecycle, totals } = this.#options;
    const now = system.clock.monotonic();
    const ready = roster.ready();
    if (limits.maxMemory > 0) this.#readings.refresh(ready);
    if (!roster.isCalm(target)) return;
    const spent = decideRecycling(ready.map((child) => this.#veteran(child, now)), limits);
    if (spent === null) return;
    spent.id.spent = true;
    const text = tell(spent, limits);
    lifecycle.spent(spent.id, text);
    totals.spent(spent.because);
  }

  #veteran(child: Child, now: number): Veteran<Child> {
    const requests = this.#options.scoreboard.requests(child.slot);
    return {
      id: child,
      age: child.state.is === "ready" ? now - child.state.since : 0,
      requests,
      // Who is too big without having served anything would be followed by one as big, without end.
      memory: requests > 0 ? this.#readings.of(child) : null,
      share: this.#shareOf(child),
    };
  }

  #shareOf(child: Child): number {
    const share = this.#shares.get(child) ?? this.#options.system.host.random();
    this.#shares.set(child, share);
    return share;
  }
}

interface Wording {
  readonly value: (value: number) => string;
  readonly limit: (limit: number) => string;
  readonly base: keyof RecyclingLimits;
}

const wordings: Readonly<Record<SpentBecause, Wording>> = {
  "max-requests": { value: (count) => `${count} requests`, limit: String, base: "maxRequests" },
  "max-lifetime": {
    value: (ms) => `ready for ${(ms / 1000).toFixed(1)} s`,
    limit: showDuration,
    base: "maxLifetime",
  },
  "max-memory": {
    value: (bytes) => `${megabytes(bytes)} of memory`,
    limit: megabytes,
    base: "maxMemory",
  },
};

function tell({ because, value, limit }: Spent<unknown>, limits: RecyclingLimits): string {
  const wording = wordings[because];
  const jitter = limit === limits[wording.base] ? "" : " with its jitter";
  return `${wording.value(value)} (${because} ${wording.limit(limit)}${jitter})`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1).replace(".0", "")}M`;
}
