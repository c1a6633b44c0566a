/** Marks workers that are due for recycling, one at a time; `core/pool/plan.ts` replaces them, new before old. */

import {
  decideRecycling,
  type DueForRecycling,
  type RecyclingCandidate,
  type RecyclingLimit,
  type RecyclingLimits,
} from "../../core/pool/recycling.ts";
import { Refusal } from "../../control/master_commands.ts";
import type { MasterPhase } from "../../core/telemetry/status.ts";
import type { Logger } from "../../log/logger.ts";
import { showDuration } from "../../settings/kinds/duration.ts";
import type { System } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import { MemoryReadings } from "../workers/memory_readings.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";
import type { ServerCounters } from "../telemetry/counters.ts";

interface RecyclingOptions {
  readonly system: System;
  readonly logger: Logger;
  readonly workerTable: WorkerTable;
  readonly scoreboard: Scoreboard;
  readonly lifecycle: LifecycleLog;
  readonly counters: ServerCounters;
}

export class Recycling {
  readonly #options: RecyclingOptions;
  readonly #readings: MemoryReadings;
  /** Drawn once for each worker: its share of every jitter. */
  readonly #jitterShares = new WeakMap<WorkerHandle, number>();

  constructor(options: RecyclingOptions) {
    this.#options = options;
    this.#readings = new MemoryReadings(options.system, options.logger, "max-memory");
  }

  /** Marks one worker that has reached a limit, if all `target` workers are ready and none is being replaced. */
  poll(limits: RecyclingLimits, target: number): void {
    if (limits.maxRequests === 0 && limits.maxLifetime === 0 && limits.maxMemory === 0) return;
    const { system, workerTable, lifecycle, counters } = this.#options;
    const now = system.clock.monotonic();
    const serving = workerTable.serving();
    if (limits.maxMemory > 0) this.#readings.refresh(serving);
    if (!workerTable.isStable(target)) return;
    const due = decideRecycling(serving.map((worker) => this.#candidate(worker, now)), limits);
    if (due === null) return;
    due.id.markForRecycling();
    // The memory is that of all threads, and what one has used is not given back for certain before its process ends.
    if (due.because === "max-memory") due.id.process.thread?.retire();
    lifecycle.dueForRecycling(due.id, describe(due, limits));
    counters.recycled(due.because);
  }

  /** Marks the worker in this slot, as an operator requests. Throws Refusal. */
  request(slot: number, phase: MasterPhase): void {
    const { workerTable, lifecycle, counters } = this.#options;
    const refuse = (why: "missing" | "conflict", reason: string) =>
      new Refusal(why, `cannot recycle worker ${slot}: ${reason}`);
    if (phase === "retiring") {
      throw refuse("conflict", "another master has taken over: give the command to that one");
    }
    if (phase !== "running") throw refuse("conflict", `the server is ${phase}: try again when it is running`);
    const worker = workerTable.inSlot(slot);
    if (worker === undefined) {
      const known = workerTable.bySlot().map(({ slot }) => slot).join(", ") || "none";
      throw refuse("missing", `there is none of this number: the workers are ${known}`);
    }
    if (worker.isDueForRecycling) throw refuse("conflict", "it is being replaced already");
    if (worker.state.is !== "ready") {
      throw refuse("conflict", `it is ${worker.state.is}: only a worker that is ready can be recycled`);
    }
    worker.markForRecycling();
    lifecycle.dueForRecycling(worker, "requested");
    counters.recycled("requested");
  }

  #candidate(worker: WorkerHandle, now: number): RecyclingCandidate<WorkerHandle> {
    const requests = this.#options.scoreboard.requests(worker.slot);
    return {
      id: worker,
      age: worker.state.is === "ready" ? now - worker.state.since : 0,
      requests,
      // An app that is over the limit right after its boot would otherwise be recycled again and again.
      memory: requests > 0 ? this.#readings.of(worker) : null,
      jitterShare: this.#jitterShareOf(worker),
    };
  }

  #jitterShareOf(worker: WorkerHandle): number {
    const share = this.#jitterShares.get(worker) ?? this.#options.system.host.random();
    this.#jitterShares.set(worker, share);
    return share;
  }
}

interface Wording {
  readonly value: (value: number) => string;
  readonly limit: (limit: number) => string;
  readonly base: keyof RecyclingLimits;
}

const wordings: Readonly<Record<RecyclingLimit, Wording>> = {
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

function describe({ because, value, limit }: DueForRecycling<unknown>, limits: RecyclingLimits): string {
  const wording = wordings[because];
  const jitter = limit === limits[wording.base] ? "" : " with its jitter";
  return `${wording.value(value)} (${because} ${wording.limit(limit)}${jitter})`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1).replace(".0", "")}M`;
}
