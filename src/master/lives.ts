/** What follows from what happens to workers: they come up, fail to, finish and die. */

import { endingOf } from "../core/death.ts";
import type { DenicornError } from "../core/errors.ts";
import { isStillBooting, isWanted } from "../core/worker_state.ts";
import { decodeFigures } from "../protocol/figures.ts";
import type { FromWorker } from "../protocol/messages.ts";
import type { Clock, ExitStatus, TcpAddress } from "../system/system.ts";
import { bootFailure } from "./boot_failure.ts";
import type { Child } from "./child.ts";
import type { Crew } from "./crew.ts";
import type { Deaths } from "./deaths.ts";
import type { Generation } from "./generation.ts";
import type { Generations } from "./generations.ts";
import type { LifecycleLog } from "./lifecycle_log.ts";
import type { Reloading } from "./reloading.ts";
import type { Roster } from "./roster.ts";
import type { Scoreboard } from "./scoreboard.ts";
import type { Shutdown } from "./shutdown.ts";
import type { Totals } from "./totals.ts";
import type { Traffic } from "./traffic.ts";

export interface LivesOptions {
  readonly clock: Clock;
  readonly roster: Roster;
  readonly scoreboard: Scoreboard;
  readonly lifecycle: LifecycleLog;
  readonly deaths: Deaths;
  readonly traffic: Traffic;
  readonly totals: Totals;
  readonly generations: Generations;
  readonly crew: Crew;
  readonly reloading: Reloading;
  readonly shutdown: Shutdown;
}

export class Lives {
  readonly #options: LivesOptions;
  readonly #firstReady = Promise.withResolvers<void>();
  #everReady = false;
  #addresses: readonly TcpAddress[];

  constructor(options: LivesOptions) {
    this.#options = options;
    this.#addresses = options.generations.serving.settings.bind;
  }

  /** Settles when the first worker is ready. */
  get firstReady(): Promise<void> {
    return this.#firstReady.promise;
  }

  /** False until the first worker is ready: up to then a failure ends the start. */
  get everReady(): boolean {
    return this.#everReady;
  }

  /** Where workers listen; once one does, with the real port in place of port 0. */
  get addresses(): readonly TcpAddress[] {
    return this.#addresses;
  }

  hear(child: Child, message: FromWorker): void {
    const { scoreboard, traffic, deaths, crew, shutdown, clock } = this.#options;
    const event = child.note(message);
    const isBack = child.state.is === "ready";
    if (message.type === "loaded" && isWanted(child.state)) traffic.queue(child);
    if (message.type === "closed") traffic.leave(child);
    if (message.type === "figures") scoreboard.accept(child.slot, decodeFigures(message.bytes));
    if (event === null) return;
    child.apply(event, clock.monotonic());
    // It had lost its listeners.
    if (message.type === "ready" && isBack) return traffic.join(child, message.kept);
    if (message.type === "ready" && child.state.is === "ready") {
      this.#welcome(child, message.addresses, message.kept);
    } else if (message.type === "draining" && message.failure !== undefined && !shutdown.isUnderWay) {
      deaths.record(child, "finishing", "crash", crew.target);
    }
  }

  #welcome(child: Child, addresses: readonly TcpAddress[], kept: string | undefined): void {
    const { traffic, lifecycle, deaths, crew, reloading, clock } = this.#options;
    traffic.join(child, kept);
    lifecycle.ready(child, clock.monotonic(), deaths.isStorm(crew.target));
    if (!this.#everReady) this.#addresses = addresses;
    this.#everReady = true;
    this.#firstReady.resolve();
    reloading.step({ type: "canary-ready", generation: child.generation.number });
  }

  end(child: Child, status: ExitStatus): void {
    const { roster, traffic, totals, generations, lifecycle, deaths, crew, shutdown, clock } = this.#options;
    const before = child.state;
    const ending = endingOf(before, status, child.failure !== null);
    child.apply({ type: "exit" }, clock.monotonic());
    roster.remove(child);
    traffic.leave(child);
    totals.keep(child);
    generations.prune((generation) => roster.uses(generation));

    if (shutdown.isUnderWay || ending.is === "meant") {
      if (this.#everReady) lifecycle.ended(child, ending, deaths.lastWords(child));
      return;
    }
    const isEndOfBoot = isStillBooting(before) &&
      this.failBoot(child.generation, () => bootFailure(child, before, status));
    if (!isEndOfBoot) deaths.record(child, ending.text, ending.cause, crew.target);
  }

  /** Handles a worker that did not come up where more hangs on it: the start itself, or a reload. */
  failBoot(generation: Generation, failure: () => DenicornError): boolean {
    const { shutdown, reloading } = this.#options;
    if (shutdown.isUnderWay) return true;
    if (this.#everReady) return reloading.failBoot(generation, failure);
    shutdown.halt(failure());
    return true;
  }
}
