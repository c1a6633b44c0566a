/** A reload from its beginning to its end: `core/rollout.ts` decides, here it is carried out. */

import type { DenicornError } from "../core/errors.ts";
import type { RolloutEvent } from "../core/rollout.ts";
import type { Log } from "../log/logger.ts";
import type { Clock } from "../system/system.ts";
import type { Crew } from "./crew.ts";
import { type Generation, logOrders } from "./generation.ts";
import type { Generations } from "./generations.ts";
import type { LifecycleLog } from "./lifecycle_log.ts";
import type { Roster } from "./roster.ts";
import type { Totals } from "./totals.ts";

export interface ReloadingOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly lifecycle: LifecycleLog;
  readonly generations: Generations;
  readonly roster: Roster;
  readonly crew: Crew;
  readonly totals: Totals;
}

export class Reloading {
  readonly #options: ReloadingOptions;
  /** A promotion that may still be taken back, the target before it, and the one it brought. */
  #promoted: { readonly to: Generation; readonly target: number; readonly brought: number } | null = null;

  constructor(options: ReloadingOptions) {
    this.#options = options;
  }

  /** True until no worker of another generation is wanted any more. */
  get isUnderway(): boolean {
    const { generations, roster } = this.#options;
    return !generations.isSettled || roster.hasOtherThan(generations.serving.number);
  }

  begin(): void {
    const { lifecycle, crew } = this.#options;
    lifecycle.reloadBegan();
    crew.revive();
    this.step({ type: "reload" });
  }

  /** The next generation could not be built. */
  failBuild(number: number, error: DenicornError): void {
    this.#tellFailed(error);
    this.step({ type: "build-failed", generation: number });
  }

  /** A worker of `generation` did not come up; true if the reload has failed with it. */
  failBoot(generation: Generation, failure: () => DenicornError): boolean {
    if (!this.#options.generations.isTried(generation)) return false;
    this.#tellFailed(failure());
    this.step({ type: "boot-failed", generation: generation.number });
    return true;
  }

  /** Sees whether all others have been replaced. */
  settle(): void {
    const { generations, roster, crew } = this.#options;
    const { number } = generations.serving;
    if (!generations.isRolling || roster.hasOtherThan(number) || !crew.isComplete) return;
    this.step({ type: "replaced", generation: number });
  }

  step(event: RolloutEvent): void {
    const { generations, roster, clock } = this.#options;
    const { promoted, abandoned } = generations.step(event);
    if (promoted !== undefined) this.#promote(promoted.from, promoted.to);
    // Those that are ready already go when others have taken their place.
    roster.forEach((child) => {
      if (child.generation.number !== abandoned || child.state.is !== "booting") return;
      child.apply({ type: "kill", because: "unwanted" }, clock.monotonic());
    });
    if (generations.isSettled) this.#conclude();
  }

  /** A generation that boots decides over the master's own settings too. */
  #promote(from: Generation, to: Generation): void {
    const { crew, log } = this.#options;
    const target = this.#targetBefore;
    crew.retarget(target, from, to);
    this.#promoted = { to, target, brought: crew.target };
    log.reconfigure(logOrders(to.settings));
  }

  /** What was promoted stays, or has failed after all. */
  #conclude(): void {
    const { generations, roster, crew, log } = this.#options;
    if (this.#promoted !== null && this.#promoted.to !== generations.serving) {
      crew.scale(this.#targetBefore, "the reload failed");
      log.reconfigure(logOrders(generations.serving.settings));
    }
    this.#promoted = null;
    generations.prune((generation) => roster.uses(generation));
  }

  /** The target without what was promoted, unless somebody has changed it since. */
  get #targetBefore(): number {
    const { target } = this.#options.crew;
    return target === this.#promoted?.brought ? this.#promoted.target : target;
  }

  #tellFailed(error: DenicornError): void {
    const { lifecycle, generations, totals } = this.#options;
    totals.reloadFailed();
    lifecycle.reloadFailed(error, generations.proven.number);
  }
}
