/**
 * What follows the unexpected death of a worker: it is counted and logged, and a replacement starts at once, or after
 * a back-off while deaths repeat (`core/pool/backoff.ts`).
 */

import {
  type Backoff,
  type DeathCause,
  isCrashLoop,
  noBackoff,
  recordDeath,
} from "../../core/pool/backoff.ts";
import type { DenicornError } from "../../core/errors.ts";
import type { WorkerRole } from "../../protocol/messages.ts";
import type { System } from "../../system/system.ts";
import type { ServerCounters } from "../telemetry/counters.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";

interface RestartPolicyOptions {
  readonly system: System;
  readonly lifecycle: LifecycleLog;
  readonly counters: ServerCounters;
  /** Called when a delayed replacement is due. */
  readonly wake: () => void;
}

export class RestartPolicy {
  readonly #options: RestartPolicyOptions;
  #backoff: Backoff = noBackoff;
  #cancelWake: () => void = () => {};

  constructor(options: RestartPolicyOptions) {
    this.#options = options;
  }

  /** False while the back-off delays replacements. */
  get mayReplace(): boolean {
    return this.#now >= this.#backoff.notBefore;
  }

  /** True while workers die faster than the failure count decays; `target` is how many should be ready. */
  isCrashLoop(target: number): boolean {
    return isCrashLoop(this.#backoff, target, this.#now);
  }

  /** A worker died; `text` says how. */
  record(worker: WorkerHandle, text: string, cause: DeathCause, target: number): void {
    const { lifecycle, counters } = this.#options;
    const delay = this.#delayNext(cause, target);
    lifecycle.died(worker, text, delay, this.#now, this.isCrashLoop(target));
    counters.died(cause);
  }

  /** The process of a worker could not be started. */
  recordFailedSpawn(failure: DenicornError, target: number, role: WorkerRole = "requests"): void {
    const { lifecycle, counters } = this.#options;
    this.#delayNext("spawn", target);
    lifecycle.spawnFailed(failure, this.#now, role);
    counters.spawnFailed();
  }

  cancel(): void {
    this.#cancelWake();
  }

  /** Returns the delay of the next replacement, in milliseconds. */
  #delayNext(cause: DeathCause, target: number): number {
    const { clock, host } = this.#options.system;
    const now = this.#now;
    this.#backoff = recordDeath(this.#backoff, cause, target, now, host.random());
    const delay = this.#backoff.notBefore - now;
    this.#cancelWake();
    if (delay > 0) this.#cancelWake = clock.after(delay, this.#options.wake);
    return delay;
  }

  get #now(): number {
    return this.#options.system.clock.monotonic();
  }
}
