/** Builds generations and keeps those in use; `core/transitions/rollout.ts` decides which one serves. */

import { toDenicornError } from "../../core/errors.ts";
import {
  candidateOf,
  isNeeded,
  type Rollout,
  type RolloutEvent,
  servingOf,
  stableOf,
  stepRollout,
} from "../../core/transitions/rollout.ts";
import type { MasterEvent } from "../workers/events.ts";
import type { AppBundle, Generation } from "../workers/generation.ts";

export interface GenerationSource {
  /** Reads settings anew for a reload. Throws DenicornError. */
  renew(number: number, current: Generation): Promise<Generation>;
  /** Bundles the app as the generation's settings name it. Throws DenicornError. */
  bundle(generation: Generation): Promise<AppBundle>;
  /** Makes both logs for workers that may not make them. Throws DenicornError. */
  shareLogs(generation: Generation): void;
  /** Removes the bundle of a generation nobody uses any more. */
  discard(bundle: AppBundle): void;
}

export interface RolloutOutcome {
  /** The generation that took over, with the one before it. */
  readonly promoted?: { readonly from: Generation; readonly to: Generation };
  /** The generation whose workers must go. */
  readonly abandoned?: number;
}

export class Generations {
  readonly #known = new Map<number, Generation>();
  readonly #source: GenerationSource;
  readonly #post: (event: MasterEvent) => void;
  #rollout: Rollout;

  /** `first` holds the settings of the start; its bundle is built while its workers start. */
  constructor(first: Generation, source: GenerationSource, post: (event: MasterEvent) => void) {
    this.#source = source;
    this.#post = post;
    this.#known.set(first.number, first);
    this.#rollout = { is: "idle", serving: first.number, last: first.number };
  }

  get serving(): Generation {
    return this.get(servingOf(this.#rollout));
  }

  /** The generation that serves if what is under way fails. */
  get stable(): Generation {
    return this.get(stableOf(this.#rollout));
  }

  /** The generation whose canary is being tried. */
  get canary(): Generation | null {
    return this.#rollout.is === "canary" ? this.get(this.#rollout.next) : null;
  }

  get isIdle(): boolean {
    return this.#rollout.is === "idle";
  }

  /** True while the serving generation takes the place of all others. */
  get isRolling(): boolean {
    return this.#rollout.is === "rolling";
  }

  /** True while a roll that was interrupted waits for newer code. */
  get isPaused(): boolean {
    return this.#rollout.is === "building" && this.#rollout.paused;
  }

  /** True for the generation whose workers must boot, lest the reload fails. */
  isCandidate({ number }: Generation): boolean {
    return number === candidateOf(this.#rollout);
  }

  get(number: number): Generation {
    const found = this.#known.get(number);
    if (found === undefined) throw new Error(`generation ${number} is not known`);
    return found;
  }

  add(generation: Generation): void {
    this.#known.set(generation.number, generation);
  }

  step(event: RolloutEvent): RolloutOutcome {
    const from = this.serving;
    const { rollout, actions } = stepRollout(this.#rollout, event);
    this.#rollout = rollout;
    let outcome: RolloutOutcome = {};
    for (const action of actions) {
      switch (action.type) {
        case "build":
          void this.#renew(action.generation);
          break;
        case "promote":
          outcome = { ...outcome, promoted: { from, to: this.get(action.generation) } };
          break;
        case "abandon":
          outcome = { ...outcome, abandoned: action.generation };
          break;
      }
    }
    return outcome;
  }

  /** Bundles in the background; `built` or `build-failed` tells the result. */
  async build(generation: Generation): Promise<void> {
    try {
      this.#post({ type: "built", generation, bundle: await this.#source.bundle(generation) });
    } catch (error) {
      this.#post({ type: "build-failed", number: generation.number, error: toDenicornError(error) });
    }
  }

  async #renew(number: number): Promise<void> {
    try {
      this.#post({ type: "renewed", generation: await this.#source.renew(number, this.serving) });
    } catch (error) {
      this.#post({ type: "build-failed", number, error: toDenicornError(error) });
    }
  }

  /** Makes both logs of the serving generation. Throws DenicornError. */
  shareLogs(): void {
    this.#source.shareLogs(this.serving);
  }

  /** Forgets every generation that is not needed and has no worker left. */
  prune(isUsed: (generation: Generation) => boolean): void {
    for (const generation of this.#known.values()) {
      if (isNeeded(this.#rollout, generation.number) || isUsed(generation)) continue;
      this.#known.delete(generation.number);
      if (generation.bundle !== null) this.#source.discard(generation.bundle);
    }
  }
}
