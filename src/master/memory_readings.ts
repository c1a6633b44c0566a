/** How much memory each worker takes for itself, read from the kernel now and then. */

import { parsePrivateMemory } from "../core/private_memory.ts";
import type { Logger } from "../log/logger.ts";
import type { System } from "../system/system.ts";
import type { Child } from "./child.ts";

interface Reading {
  readonly at: number;
  /** Bytes; null if they cannot be had. */
  readonly memory: number | null;
}

/** Milliseconds between two readings of one worker. */
const pause = 1_000;

/** How many ticks of the master are to share the workers that are due. */
const shares = 4;

/**
 * The kernel walks the pages of the process: 0.35 ms for an idle worker of 70 MB, 1.7 ms for one of 380 MB. So
 * long, in milliseconds, a tick may take for it.
 */
const budget = 5;

export class MemoryReadings {
  readonly #system: System;
  readonly #logger: Logger;
  readonly #setting: string;
  readonly #readings = new WeakMap<Child, Reading>();
  #isTold = false;

  /** `setting` is what the figures are for. */
  constructor(system: System, logger: Logger, setting: "max-memory" | "memory-budget") {
    this.#system = system;
    this.#logger = logger;
    this.#setting = setting;
  }

  /** Bytes, as they were when last read. */
  of(child: Child): number | null {
    return this.#readings.get(child)?.memory ?? null;
  }

  /** Reads some of those that are due, the longest unread first. */
  refresh(children: readonly Child[]): void {
    const { clock } = this.#system;
    const start = clock.monotonic();
    const readAt = (child: Child) => this.#readings.get(child)?.at ?? -Infinity;
    const due = children
      .filter((child) => start - readAt(child) >= pause)
      .sort((a, b) => readAt(a) - readAt(b))
      .slice(0, Math.ceil(children.length / shares));
    for (const child of due) {
      this.#readings.set(child, { at: start, memory: this.#read(child) });
      if (clock.monotonic() - start >= budget) return;
    }
  }

  #read(child: Child): number | null {
    const path = `/proc/${child.process.pid}/smaps_rollup`;
    try {
      const memory = parsePrivateMemory(this.#system.files.readTextSync(path));
      if (memory === null) throw new Error("it tells no private memory");
      return memory;
    } catch (error) {
      if (!this.#isTold && this.#system.processes.isAlive(child.process.pid)) {
        this.#isTold = true;
        const reason = error instanceof Error ? error.message : String(error);
        this.#logger.warning`${this.#setting} has no effect: cannot read ${path}: ${reason}`;
      }
      return null;
    }
  }
}
