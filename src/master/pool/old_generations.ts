/**
 * Limits how many generations finish side by side: with reloads every minute and WebSockets that stay open, each
 * reload would leave another set of workers behind until `graceful-timeout` (HAProxy: `mworker-max-reloads`).
 */

import type { Logger } from "../../log/logger.ts";
import type { Clock } from "../../system/system.ts";
import type { Generations } from "../generations/generations.ts";
import type { WorkerTable } from "../workers/worker_table.ts";

interface OldGenerationsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly workerTable: WorkerTable;
  readonly generations: Generations;
}

export class OldGenerations {
  readonly #options: OldGenerationsOptions;

  constructor(options: OldGenerationsOptions) {
    this.#options = options;
  }

  /** Ends the oldest generations beyond `max`. */
  limit(max: number): void {
    const count = this.#numbers.length;
    for (let beyond = count - max; beyond > 0; beyond--) {
      this.endOldest(`${count} old generations are still finishing (max-old-generations ${max})`);
    }
  }

  /** Kills the workers of the oldest generation that is still finishing; false if there is none. */
  endOldest(reason: string): boolean {
    const { clock, logger, workerTable } = this.#options;
    const [oldest] = this.#numbers;
    if (oldest === undefined) return false;
    logger.warning`generation ${oldest}: ending it before graceful-timeout: ${reason}`;
    workerTable.forEach((worker) => {
      if (worker.generation.number !== oldest || worker.state.is !== "draining") return;
      worker.apply({ type: "kill", because: "old-generation" }, clock.monotonic());
    });
    return true;
  }

  get #numbers(): number[] {
    const { workerTable, generations } = this.#options;
    return workerTable.leavingGenerations().filter((number) => number < generations.serving.number);
  }
}
