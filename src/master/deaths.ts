/** Deaths nobody asked for: each is counted, told with its circumstances, and followed by a replacement in time. */

import type { DeathCause } from "../core/backoff.ts";
import type { DenicornError } from "../core/errors.ts";
import type { RunningRequest } from "../core/shared_request.ts";
import type { System } from "../system/system.ts";
import type { Child } from "./child.ts";
import type { LifecycleLog } from "./lifecycle_log.ts";
import { Replacements } from "./replacements.ts";
import type { Scoreboard } from "./scoreboard.ts";
import type { Totals } from "./totals.ts";

export class Deaths {
  readonly #system: System;
  readonly #lifecycle: LifecycleLog;
  readonly #scoreboard: Scoreboard;
  readonly #totals: Totals;
  readonly #replacements: Replacements;

  /** `wake` is called when a replacement that was held back is due. */
  constructor(
    system: System,
    lifecycle: LifecycleLog,
    scoreboard: Scoreboard,
    totals: Totals,
    wake: () => void,
  ) {
    this.#system = system;
    this.#lifecycle = lifecycle;
    this.#scoreboard = scoreboard;
    this.#totals = totals;
    this.#replacements = new Replacements(system, wake);
  }

  /** False while back-off holds replacements. */
  get mayReplace(): boolean {
    return this.#replacements.areDue;
  }

  /** `target` is how many workers there shall be. */
  isStorm(target: number): boolean {
    return this.#replacements.isStorm(target);
  }

  /** A worker died; `text` says how. */
  record(child: Child, text: string, cause: DeathCause, target: number): void {
    const delay = this.#replacements.record(cause, target);
    const now = this.#system.clock.monotonic();
    const story = text + this.lastWords(child);
    this.#lifecycle.died(child, story, delay, now, this.isStorm(target));
    this.#totals.died(cause);
  }

  /** A worker could not even be started. */
  recordFailedSpawn(failure: DenicornError, target: number): void {
    this.#replacements.record("spawn", target);
    this.#lifecycle.spawnFailed(failure, this.#system.clock.monotonic());
    this.#totals.spawnFailed();
  }

  cancel(): void {
    this.#replacements.cancel();
  }

  /** What the scoreboard says it was busy with: its slot keeps its last figures until it is given away. */
  lastWords(child: Child): string {
    // Whoever is still there finishes what it is busy with.
    if (child.state.is !== "gone") return "";
    const { pid, entered, longest } = this.#scoreboard.read(child.slot);
    if (pid !== child.process.pid) return "";
    if (entered !== null) return `, busy with ${this.#describe(entered)}`;
    return longest === null ? "" : `, with requests in flight, the longest ${this.#describe(longest)}`;
  }

  #describe({ method, path, since }: RunningRequest): string {
    const seconds = Math.max(0, this.#system.clock.wall() - since) / 1000;
    return `${method} ${path} for ${seconds.toFixed(1)} s`;
  }
}
