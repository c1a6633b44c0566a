/**
 * Gives each worker a core of its own, with `cpu-affinity`: from when it is ready, because until then all cores are better,
 * and the runtime of a process starts as many threads as it finds cores. What runs on which core is decided again whenever
 * workers come and go.
 */

import { coreChanges } from "../../core/pool/core_placement.ts";
import { isWanted } from "../../core/pool/worker_state.ts";
import { reasonOf } from "../../core/reason.ts";
import type { Logger } from "../../log/logger.ts";
import type { System } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { WorkerTable } from "../workers/worker_table.ts";

interface CoreAffinityOptions {
  readonly system: Pick<System, "processes">;
  readonly logger: Logger;
  readonly workerTable: WorkerTable;
  /** `null`: workers run where the kernel wants. */
  readonly cores: readonly number[] | null;
}

export class CoreAffinity {
  readonly #options: CoreAffinityOptions;
  readonly #cores = new WeakMap<WorkerHandle, number>();
  #hasFailed = false;

  constructor(options: CoreAffinityOptions) {
    this.#options = options;
  }

  reconcile(): void {
    const { workerTable, cores } = this.#options;
    if (cores === null) return;
    const workers = workerTable.bySlot().filter(({ isAccepting }) => isAccepting).map((worker) => ({
      worker,
      core: this.#cores.get(worker) ?? null,
      isWorking: worker.isServing && isWanted(worker.state) && !worker.isSpare && !worker.isDueForRecycling,
    }));
    for (const [worker, core] of coreChanges(cores, workers)) this.#move(worker, core);
  }

  #move(worker: WorkerHandle, core: number): void {
    const { system, logger } = this.#options;
    const { pid, thread } = worker.process;
    this.#cores.set(worker, core);
    const log = logger.with(worker.identity);
    try {
      system.processes.runOnCore(pid, thread?.id ?? null, core);
      log.debug`runs on core ${core}`;
    } catch (error) {
      if (this.#hasFailed || !system.processes.isAlive(pid)) return;
      this.#hasFailed = true;
      log.warning`cannot be given core ${core} of cpu-affinity (${reasonOf(error)}): it runs on any core`;
    }
  }
}
