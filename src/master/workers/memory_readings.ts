/** The private memory of each worker, read from the kernel once a second at most. */

import { parsePrivateMemory } from "../../system/processes/proc_stat.ts";
import type { Logger } from "../../log/logger.ts";
import type { System } from "../../system/system.ts";
import type { WorkerHandle } from "./worker_handle.ts";

interface Reading {
  readonly at: number;
  /** Bytes; null if it cannot be read. */
  readonly memory: number | null;
}

/** Milliseconds between two readings of one worker. */
const pause = 1_000;

/** The workers that are due are spread over this many ticks of the master. */
const jitterShares = 4;

/**
 * How long a tick may take for it, in milliseconds. The kernel walks the pages of the process: 0.35 ms for an idle
 * worker of 70 MB, 1.7 ms for one of 380 MB.
 */
const budget = 5;

export class MemoryReadings {
  readonly #system: System;
  readonly #logger: Logger;
  readonly #setting: string;
  readonly #readings = new WeakMap<WorkerHandle, Reading>();
  #isReported = false;

  /** `setting` is the one that needs the readings. */
  constructor(system: System, logger: Logger, setting: "max-memory" | "memory-budget") {
    this.#system = system;
    this.#logger = logger;
    this.#setting = setting;
  }

  /** Bytes, as last read: of the whole process, if the worker is a thread. */
  of(worker: WorkerHandle): number | null {
    return this.#readings.get(worker)?.memory ?? null;
  }

  /** The same, divided equally among the threads of the process. */
  shareOf(worker: WorkerHandle): number | null {
    const memory = this.of(worker);
    return memory === null ? null : memory / (worker.process.thread?.count ?? 1);
  }

  /** Reads some of the workers that are due, the longest unread first. */
  refresh(workers: readonly WorkerHandle[]): void {
    const { clock } = this.#system;
    const start = clock.monotonic();
    const readAt = (worker: WorkerHandle) => this.#readings.get(worker)?.at ?? -Infinity;
    const due = workers
      .filter((worker) => start - readAt(worker) >= pause)
      .sort((a, b) => readAt(a) - readAt(b))
      .slice(0, Math.ceil(workers.length / jitterShares));
    for (const worker of due) {
      this.#readings.set(worker, { at: start, memory: this.#read(worker) });
      if (clock.monotonic() - start >= budget) return;
    }
  }

  #read(worker: WorkerHandle): number | null {
    const path = `/proc/${worker.process.pid}/smaps_rollup`;
    try {
      const memory = parsePrivateMemory(this.#system.files.readTextSync(path));
      if (memory === null) throw new Error("it has no private memory");
      return memory;
    } catch (error) {
      if (!this.#isReported && this.#system.processes.isAlive(worker.process.pid)) {
        this.#isReported = true;
        const reason = error instanceof Error ? error.message : String(error);
        this.#logger.warning`${this.#setting} has no effect: cannot read ${path}: ${reason}`;
      }
      return null;
    }
  }
}
