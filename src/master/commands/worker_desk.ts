/** Asks a worker what it does now; of one that cannot answer, the shared memory knows a little. */

import { Refusal, type WorkerAccess, type WorkerReport } from "../../control/master_commands.ts";
import type { WorkerDescription } from "../../core/telemetry/worker_description.ts";
import type { Clock } from "../../system/system.ts";
import { Questions } from "../workers/questions.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { WorkerTable } from "../workers/worker_table.ts";

/** Milliseconds that a worker may take: one that is blocked for longer is described by what it has left behind. */
const patience = 1_000;

export class WorkerDesk implements WorkerAccess {
  readonly #workerTable: WorkerTable;
  readonly #questions: Questions<WorkerDescription>;

  constructor(clock: Clock, workerTable: WorkerTable) {
    this.#workerTable = workerTable;
    this.#questions = new Questions(clock, patience);
  }

  async describe(slot: number): Promise<WorkerReport> {
    const workers = this.#workerTable.bySlot();
    const worker = workers.find((worker) => worker.slot === slot);
    if (worker === undefined) {
      const known = workers.map(({ slot }) => slot).join(", ") || "none";
      throw new Refusal(
        "missing",
        `cannot describe worker ${slot}: there is none of this number: the workers are ${known}`,
      );
    }
    try {
      const description = await this.#questions.ask(worker, `cannot describe worker ${slot}`, (number) => {
        void worker.send({ type: "describe", number });
      });
      return { description, problem: null };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { description: null, problem: error.message };
    }
  }

  answered(worker: WorkerHandle, number: number, description: WorkerDescription): void {
    this.#questions.answered(worker, number, description);
  }

  /** What it was asked, it does not answer any more. */
  gone(worker: WorkerHandle): void {
    this.#questions.gone(worker);
  }
}
