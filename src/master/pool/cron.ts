/** Tells one worker that it runs the jobs of `Deno.cron`, and another one when that ends or is replaced. */

import { chooseHolder, handOverTime } from "../../core/pool/job_holder.ts";
import type { Clock } from "../../system/system.ts";
import type { Generations } from "../generations/generations.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { WorkerTable } from "../workers/worker_table.ts";

interface CronOptions {
  readonly clock: Pick<Clock, "wall">;
  readonly workerTable: WorkerTable;
  readonly generations: Generations;
}

export class Cron {
  readonly #options: CronOptions;
  #holder: WorkerHandle | null = null;
  #wasHeld: boolean;
  #isOn: boolean;

  /** `isOn`: no other master runs the jobs. */
  constructor(options: CronOptions, isOn: boolean) {
    this.#options = options;
    this.#isOn = isOn;
    this.#wasHeld = !isOn;
  }

  /** The workers of the other master finish. */
  takeOver(): void {
    this.#isOn = true;
  }

  /** Call it after every event. */
  reconcile(): void {
    if (!this.#isOn) return;
    const { clock, workerTable, generations } = this.#options;
    const candidates = workerTable.serving()
      .filter(({ generation: { bundle } }) => bundle?.unstable.includes("cron"))
      .map((worker) => ({
        worker,
        slot: worker.slot,
        generation: worker.generation.number,
        isHolder: worker === this.#holder,
      }));
    const next = chooseHolder(candidates, generations.serving.number)?.worker ?? null;
    if (next === this.#holder) return;
    const at = clock.wall() + (this.#wasHeld ? handOverTime : 0);
    if (this.#holder !== null && this.#holder.state.is !== "gone") {
      this.#holder.send({ type: "jobs", held: false, at });
    }
    next?.send({ type: "jobs", held: true, at });
    this.#holder = next;
    this.#wasHeld = true;
  }
}
