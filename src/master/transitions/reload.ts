/** A reload from its beginning to its end: `core/transitions/rollout.ts` decides, here it is carried out. */

import type { DenicornError } from "../../core/errors.ts";
import type { RolloutEvent } from "../../core/transitions/rollout.ts";
import type { Log } from "../../log/logger.ts";
import type { Clock } from "../../system/system.ts";
import type { WorkerPool } from "../pool/worker_pool.ts";
import type { Generation } from "../workers/generation.ts";
import type { Generations } from "../generations/generations.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { ServerCounters } from "../telemetry/counters.ts";

export interface ReloadOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly lifecycle: LifecycleLog;
  readonly generations: Generations;
  readonly workerTable: WorkerTable;
  readonly pool: WorkerPool;
  readonly counters: ServerCounters;
}

export class Reload {
  readonly #options: ReloadOptions;
  /** A promotion that may still be taken back, the target before it, and the one it brought. */
  #promoted: { readonly to: Generation; readonly target: number; readonly brought: number } | null = null;

  constructor(options: ReloadOptions) {
    this.#options = options;
  }

  /** True until no worker of another generation is wanted any more. */
  get inProgress(): boolean {
    const { generations, workerTable } = this.#options;
    return !generations.isIdle || workerTable.hasOtherThan(generations.serving.number);
  }

  begin(): void {
    const { lifecycle, pool } = this.#options;
    lifecycle.reloadBegan();
    pool.revive();
    this.step({ type: "reload" });
  }

  /** The next generation could not be built. */
  failBuild(number: number, error: DenicornError): void {
    this.#tellFailed(error);
    this.step({ type: "build-failed", generation: number });
  }

  /** A worker of `generation` did not come up; true if the reload has failed with it. */
  failBoot(generation: Generation, failure: () => DenicornError): boolean {
    if (!this.#options.generations.isCandidate(generation)) return false;
    this.#tellFailed(failure());
    this.step({ type: "boot-failed", generation: generation.number });
    return true;
  }

  /** Sees whether all others have been replaced. */
  reconcile(): void {
    const { generations, workerTable, pool } = this.#options;
    const { number } = generations.serving;
    if (!generations.isRolling || workerTable.hasOtherThan(number) || !pool.isComplete) return;
    this.step({ type: "replaced", generation: number });
  }

  step(event: RolloutEvent): void {
    const { generations, workerTable, clock } = this.#options;
    const { promoted, abandoned } = generations.step(event);
    if (promoted !== undefined) this.#promote(promoted.from, promoted.to);
    // Those that are ready already go when others have taken their place.
    workerTable.forEach((worker) => {
      if (worker.generation.number !== abandoned || worker.state.is !== "booting") return;
      worker.apply({ type: "kill", because: "unwanted" }, clock.monotonic());
    });
    if (generations.isIdle) this.#conclude();
  }

  /** A generation that boots decides over the master's own settings too. */
  #promote(from: Generation, to: Generation): void {
    const { pool, log } = this.#options;
    const target = this.#targetBefore;
    pool.retarget(target, from, to);
    this.#promoted = { to, target, brought: pool.target };
    log.reconfigure(to.settings);
  }

  /** What was promoted stays, or has failed after all. */
  #conclude(): void {
    const { generations, workerTable, pool, log } = this.#options;
    if (this.#promoted !== null && this.#promoted.to !== generations.serving) {
      pool.scale(this.#targetBefore, "the reload failed");
      log.reconfigure(generations.serving.settings);
    }
    this.#promoted = null;
    generations.prune((generation) => workerTable.uses(generation));
  }

  /** The target without what was promoted, unless somebody has changed it since. */
  get #targetBefore(): number {
    const { target } = this.#options.pool;
    return target === this.#promoted?.brought ? this.#promoted.target : target;
  }

  #tellFailed(error: DenicornError): void {
    const { lifecycle, generations, counters } = this.#options;
    counters.reloadFailed();
    lifecycle.reloadFailed(error, generations.stable.number);
  }
}
