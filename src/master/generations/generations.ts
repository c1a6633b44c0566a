/** The generations in use, and how they are built; `core/transitions/rollout.ts` decides which one serves. */

import { toDenicornError } from "../../core/errors.ts";
import {
  candidateOf,
  isNeeded,
  isOutOfDate,
  type Rollout,
  type RolloutEvent,
  servingOf,
  stableOf,
  stepRollout,
} from "../../core/transitions/rollout.ts";
import type { MasterEvent } from "../workers/events.ts";
import type { AppBundle, Generation } from "../workers/generation.ts";

export interface GenerationSource {
  /** Reads the settings again for a reload, until `signal` says that a newer one will. Throws DenicornError. */
  renew(number: number, signal: AbortSignal): Promise<Generation>;
  /** Bundles the app of a generation, and calls its `prepare`, until `signal`. Throws DenicornError. */
  bundle(generation: Generation, signal?: AbortSignal): Promise<AppBundle>;
  /** Creates both log files for workers that may not create them. Throws DenicornError. */
  shareLogs(generation: Generation): void;
  /** Removes what belongs to a generation that is not used any more. */
  discard(generation: Generation, bundle: AppBundle): void;
}

interface RolloutOutcome {
  /** The generation that took over, with the one before it. */
  readonly promoted?: { readonly from: Generation; readonly to: Generation };
  /** The generation whose workers are not wanted any more. */
  readonly abandoned?: number;
}

export class Generations {
  readonly #known = new Map<number, Generation>();
  readonly #source: GenerationSource;
  readonly #post: (event: MasterEvent) => void;
  #rollout: Rollout;
  /** Of the last build. */
  #building = new AbortController();

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

  /** The generation that serves if the reload in progress fails. */
  get stable(): Generation {
    return this.get(stableOf(this.#rollout));
  }

  /** The generation whose first worker, the canary, boots. */
  get canary(): Generation | null {
    return this.#rollout.is === "canary" ? this.get(this.#rollout.next) : null;
  }

  get isIdle(): boolean {
    return this.#rollout.is === "idle";
  }

  /** True while workers of the serving generation replace all others. */
  get isRolling(): boolean {
    return this.#rollout.is === "rolling";
  }

  /** True while an interrupted rollout waits for a newer bundle. */
  get isPaused(): boolean {
    return this.#rollout.is === "building" && this.#rollout.paused;
  }

  /** True for the generation that is being tried: if a worker of it fails to boot, the reload fails. */
  isCandidate({ number }: Generation): boolean {
    return number === candidateOf(this.#rollout);
  }

  /** True if the result of building it is not wanted any more. */
  isOutOfDate(number: number): boolean {
    return isOutOfDate(this.#rollout, number);
  }

  get(number: number): Generation {
    const found = this.#known.get(number);
    if (found === undefined) throw new Error(`generation ${number} is not known`);
    return found;
  }

  /** The generation is built: its workers can import `bundle`. */
  complete(generation: Generation, bundle: AppBundle): void {
    generation.bundle = bundle;
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
          void this.#buildNext(action.generation);
          break;
        case "cancel":
          this.#building.abort();
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

  /** Bundles the app of the first generation in the background; the result is an event, `built` or `build-failed`. */
  async buildFirst(): Promise<void> {
    await this.#build(this.serving.number, () => Promise.resolve(this.serving));
  }

  async #buildNext(number: number): Promise<void> {
    this.#building = new AbortController();
    const { signal } = this.#building;
    await this.#build(number, () => this.#source.renew(number, signal), signal);
  }

  async #build(number: number, read: () => Promise<Generation>, signal?: AbortSignal): Promise<void> {
    try {
      const generation = await read();
      this.#post({ type: "built", generation, bundle: await this.#source.bundle(generation, signal) });
    } catch (error) {
      this.#post({ type: "build-failed", number, error: toDenicornError(error) });
    }
  }

  /** Creates both log files of the serving generation. Throws DenicornError. */
  shareLogs(): void {
    this.#source.shareLogs(this.serving);
  }

  /** Forgets every generation that is not needed and has no workers. */
  prune(isUsed: (generation: Generation) => boolean): void {
    for (const generation of this.#known.values()) {
      if (isNeeded(this.#rollout, generation.number) || isUsed(generation)) continue;
      this.#known.delete(generation.number);
      if (generation.bundle !== null) this.#source.discard(generation, generation.bundle);
    }
  }
}
