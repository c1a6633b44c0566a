/** A reload from its request to its end: `core/transitions/rollout.ts` decides, this carries it out. */

import { DenicornError } from "../../core/errors.ts";
import type { RolloutEvent } from "../../core/transitions/rollout.ts";
import type { Log } from "../../log/logger.ts";
import type { Clock } from "../../system/system.ts";
import type { Generations } from "../generations/generations.ts";
import type { WorkerPool } from "../pool/worker_pool.ts";
import type { ServerCounters } from "../telemetry/counters.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import type { AppBundle, Generation } from "../workers/generation.ts";
import type { WorkerTable } from "../workers/worker_table.ts";

interface ReloadOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly lifecycle: LifecycleLog;
  readonly generations: Generations;
  readonly workerTable: WorkerTable;
  readonly pool: WorkerPool;
  readonly counters: ServerCounters;
  readonly onFailure?: (error: DenicornError) => void;
}

/** A promotion that may still fail, with the target before it and the target it led to. */
interface Promotion {
  readonly to: Generation;
  readonly targetBefore: number;
  readonly targetAfter: number;
}

export class Reload {
  readonly #options: ReloadOptions;
  #isRequested = false;
  #promotion: Promotion | null = null;

  constructor(options: ReloadOptions) {
    this.#options = options;
  }

  /** True while a reload waits for the end of the start, or of an upgrade. */
  get isRequested(): boolean {
    return this.#isRequested;
  }

  /** True until all workers of other generations have been asked to finish. */
  get inProgress(): boolean {
    const { generations, workerTable } = this.#options;
    return !generations.isIdle || workerTable.hasOtherThan(generations.serving.number);
  }

  request(): void {
    this.#isRequested = true;
  }

  /** Begins a reload that was requested. */
  startIfRequested(): void {
    if (!this.#isRequested) return;
    this.#isRequested = false;
    const { lifecycle, pool } = this.#options;
    lifecycle.reloadBegan();
    pool.beginRevival();
    this.step({ type: "reload" });
  }

  /** The settings of `generation` were read and its app was bundled: its first worker boots. */
  built(generation: Generation, bundle: AppBundle): void {
    this.#options.generations.complete(generation, bundle);
    this.step({ type: "built", generation: generation.number });
  }

  /** The next generation could not be built. */
  failBuild(number: number, error: DenicornError): void {
    // What a newer reload makes out of date has not failed.
    if (!this.#options.generations.isOutOfDate(number)) this.#reportFailure(error);
    this.step({ type: "build-failed", generation: number });
  }

  /** A worker of `generation` was never ready; true if the reload failed because of it. */
  failBoot(generation: Generation, failure: () => DenicornError): boolean {
    if (!this.#options.generations.isCandidate(generation)) return false;
    this.#reportFailure(failure());
    this.step({ type: "boot-failed", generation: generation.number });
    return true;
  }

  /** Notices when all workers of other generations have been replaced. */
  reconcile(): void {
    const { generations, workerTable, pool } = this.#options;
    const { canary } = generations;
    if (canary !== null && pool.target === 0 && !pool.isRevival) {
      this.#reportFailure(
        new DenicornError(
          "command-refused",
          "cannot reload: all workers were drained before one of the new generation was ready: reload again",
        ),
      );
      return this.step({ type: "boot-failed", generation: canary.number });
    }
    const { number } = generations.serving;
    if (!generations.isRolling || workerTable.hasOtherThan(number) || !pool.isComplete) return;
    this.step({ type: "replaced", generation: number });
  }

  step(event: RolloutEvent): void {
    const { generations, workerTable, clock } = this.#options;
    const { promoted, abandoned } = generations.step(event);
    if (promoted !== undefined) this.#promote(promoted.from, promoted.to);
    // Workers of an abandoned generation that are ready are replaced; those that boot are killed.
    workerTable.forEach((worker) => {
      if (worker.generation.number !== abandoned || worker.state.is !== "booting") return;
      worker.apply({ type: "kill", because: "unwanted" }, clock.monotonic());
    });
    if (generations.isIdle) this.#conclude();
  }

  /** A generation that boots decides over the master's own settings too. */
  #promote(from: Generation, to: Generation): void {
    const { pool, log } = this.#options;
    // After a failure workers of the stable generation have to come back, too.
    const targetBefore = pool.isRevival ? pool.range.min : this.#targetBefore;
    pool.retarget(this.#targetBefore, from, to);
    pool.revive();
    this.#promotion = { to, targetBefore, targetAfter: pool.target };
    log.reconfigure(to.settings);
  }

  /** The promotion stays, or has failed after all. */
  #conclude(): void {
    const { generations, workerTable, pool, log } = this.#options;
    if (this.#promotion !== null && this.#promotion.to !== generations.serving) {
      pool.scale(this.#targetBefore, "the reload failed");
      log.reconfigure(generations.serving.settings);
    }
    this.#promotion = null;
    pool.revive();
    generations.prune((generation) => workerTable.uses(generation));
  }

  /** The target without the promotion, unless something else has changed it since. */
  get #targetBefore(): number {
    const { target } = this.#options.pool;
    return target === this.#promotion?.targetAfter ? this.#promotion.targetBefore : target;
  }

  #reportFailure(error: DenicornError): void {
    const { lifecycle, generations, counters, onFailure } = this.#options;
    counters.reloadFailed();
    onFailure?.(error);
    lifecycle.reloadFailed(error, generations.stable.number);
  }
}
