/**
 * The master's loop. Events come in one at a time, each is handled without waiting, and after each the pool
 * is brought one move closer to what is wanted. Decisions are made in `core/`; here they are carried out.
 */

import { endingOf } from "../core/death.ts";
import { type DenicornError, toDenicornError } from "../core/errors.ts";
import { plan } from "../core/pool.ts";
import type { RolloutEvent } from "../core/rollout.ts";
import { signalMeanings } from "../core/signals.ts";
import type { MasterPhase } from "../core/status.ts";
import type { Log } from "../log/logger.ts";
import type { FromWorker } from "../protocol/messages.ts";
import { formatAddress } from "../system/listen_error.ts";
import type { ExitStatus, System, TcpAddress } from "../system/system.ts";
import { bootFailure, spawnFailure } from "./boot_failure.ts";
import type { Child } from "./child.ts";
import { EventQueue } from "./event_queue.ts";
import type { MasterEvent } from "./events.ts";
import { type AppBundle, type Generation, logOrders } from "./generation.ts";
import { Generations, type GenerationSource } from "./generations.ts";
import { LifecycleLog } from "./lifecycle_log.ts";
import { obey, type Operated } from "./operator.ts";
import { Recruiter } from "./recruiter.ts";
import { Replacements } from "./replacements.ts";
import { Roster } from "./roster.ts";
import type { Spawner } from "./spawner.ts";

export interface ArbiterOptions {
  readonly system: System;
  readonly log: Log;
  readonly spawner: Spawner;
  readonly source: GenerationSource;
  readonly first: Generation;
  readonly runtimeDirectory: string;
}

const tickInterval = 250;

export class Arbiter implements Operated {
  readonly roster = new Roster();
  /** Settles when the first worker is ready. */
  readonly firstReady: Promise<void>;
  readonly #signalReady: () => void;
  readonly #system: System;
  readonly #log: Log;
  readonly #lifecycle: LifecycleLog;
  readonly #recruiter: Recruiter;
  readonly #generations: Generations;
  readonly #replacements: Replacements;
  readonly #queue = new EventQueue<MasterEvent>((event) => {
    this.#handle(event);
    this.#settle();
  });
  #target: number;
  #addresses: readonly TcpAddress[];
  /** False until the first worker is ready: up to then a failure ends the start. */
  #everReady = false;
  /** A reload asked for during the start: what starts now may already be out of date. */
  #reloadWhenReady = false;
  #stopping: "graceful" | "quick" | null = null;
  #fault: DenicornError | null = null;
  #finish: (fault: DenicornError | null) => void = () => {};

  constructor(options: ArbiterOptions) {
    const { system, log, source, first } = options;
    const post = (event: MasterEvent) => this.post(event);
    ({ promise: this.firstReady, resolve: this.#signalReady } = Promise.withResolvers<void>());
    this.#system = system;
    this.#log = log;
    this.#lifecycle = new LifecycleLog(log.logger);
    this.#recruiter = new Recruiter({ ...options, roster: this.roster, post });
    this.#generations = new Generations(first, source, post);
    this.#replacements = new Replacements(system, () => post({ type: "tick" }));
    this.#target = first.settings.workers;
    this.#addresses = first.settings.bind;
  }

  /** Runs until the server has stopped and every worker is reaped; gives what made it give up, if anything. */
  run(): Promise<DenicornError | null> {
    const finished = new Promise<DenicornError | null>((resolve) => this.#finish = resolve);
    const stopTicks = this.#system.clock.every(tickInterval, () => this.post({ type: "tick" }));
    void this.#generations.build(this.#generations.serving);
    this.post({ type: "tick" });
    return finished.finally(() => {
      stopTicks();
      this.#replacements.cancel();
    });
  }

  post(event: MasterEvent): void {
    this.#queue.post(event);
  }

  get target(): number {
    return this.#target;
  }

  get generation(): number {
    return this.#generations.serving.number;
  }

  get addresses(): readonly string[] {
    return this.#addresses.map(formatAddress);
  }

  get phase(): MasterPhase {
    if (this.#stopping !== null) return "stopping";
    if (!this.#everReady) return "starting";
    return this.#isRolling ? "reloading" : "running";
  }

  get #isRolling(): boolean {
    return !this.#generations.isSettled || this.roster.hasOtherThan(this.generation);
  }

  get #now(): number {
    return this.#system.clock.monotonic();
  }

  #handle(event: MasterEvent): void {
    switch (event.type) {
      case "signal":
        return obey(signalMeanings[event.signal].master, this, this.#system.host);
      case "linked":
        event.child.link(event.connection);
        return this.#recruiter.giveOrders(event.child, this.#addresses);
      case "message":
        return this.#handleMessage(event.child, event.message);
      case "exit":
        return this.#handleExit(event.child, event.status);
      case "renewed":
        this.#generations.add(event.generation);
        return void this.#generations.build(event.generation);
      case "built":
        return this.#handleBuilt(event.generation, event.bundle);
      case "build-failed":
        if (!this.#everReady) return this.#halt(event.error);
        this.#lifecycle.reloadFailed(event.error, this.generation);
        return this.#stepRollout({ type: "build-failed", generation: event.number });
      case "tick":
        return this.roster.tick(this.#now, tickInterval);
    }
  }

  reload(): void {
    if (this.#stopping !== null) return;
    this.#reloadWhenReady = !this.#everReady;
    if (this.#reloadWhenReady) return;
    this.#log.logger.info("reload: reading settings and app anew");
    if (this.#target === 0) this.#target = this.#generations.serving.settings.workers;
    this.#stepRollout({ type: "reload" });
  }

  scale(target: number): void {
    if (this.#stopping !== null || target === this.#target) return;
    this.#log.logger.info("workers: {from} -> {to}", { from: this.#target, to: target });
    this.#target = target;
  }

  decline(): void {
    this.#log.logger.warning("USR2 ignored: this version cannot upgrade its executable: restart it instead");
  }

  reopenLogs(): void {
    this.#log.reopen();
    this.#log.logger.info("logs reopened");
    try {
      this.#generations.shareLogs();
    } catch (error) {
      this.#log.logger.error`${toDenicornError(error).message}`;
    }
    this.roster.forEach((child) => child.send({ type: "reopen" }));
  }

  #handleMessage(child: Child, message: FromWorker): void {
    const event = child.note(message);
    if (event === null) return;
    const now = this.#now;
    child.apply(event, now);
    if (message.type === "ready" && child.state.is === "ready") {
      this.#handleReady(child, message.addresses);
    } else if (message.type === "draining" && message.failure !== undefined && this.#stopping === null) {
      const delay = this.#replacements.record("crash", this.#target);
      this.#lifecycle.died(child, "finishing", delay, now, this.#replacements.isStorm(this.#target));
    }
  }

  #handleReady(child: Child, addresses: readonly TcpAddress[]): void {
    this.#lifecycle.ready(child, this.#now, this.#replacements.isStorm(this.#target));
    // From here on the real port stands in place of port 0, also for later workers.
    if (!this.#everReady) this.#addresses = addresses;
    this.#everReady = true;
    this.#signalReady();
    this.#stepRollout({ type: "canary-ready", generation: child.generation.number });
    if (this.#reloadWhenReady) this.reload();
  }

  #handleExit(child: Child, status: ExitStatus): void {
    const now = this.#now;
    const before = child.state;
    const ending = endingOf(before, status, child.failure !== null);
    child.apply({ type: "exit" }, now);
    this.roster.remove(child);
    this.#generations.prune((generation) => this.roster.uses(generation));

    if (this.#stopping !== null || ending.is === "meant") {
      if (this.#everReady) this.#lifecycle.ended(child, ending);
    } else if (!this.#isEndOfBoot(child.generation, () => bootFailure(child, before, status))) {
      const delay = this.#replacements.record(ending.cause, this.#target);
      this.#lifecycle.died(child, ending.text, delay, now, this.#replacements.isStorm(this.#target));
    }
  }

  /** Handles a worker that did not come up where more hangs on it: the start itself, or a reload. */
  #isEndOfBoot(generation: Generation, failure: () => DenicornError): boolean {
    if (!this.#everReady) {
      this.#halt(failure());
      return true;
    }
    if (generation !== this.#generations.canary) return false;
    this.#lifecycle.reloadFailed(failure(), this.generation);
    this.#stepRollout({ type: "canary-failed", generation: generation.number });
    return true;
  }

  #handleBuilt(generation: Generation, bundle: AppBundle): void {
    generation.bundle = bundle;
    this.roster.forEach((child) => this.#recruiter.giveOrders(child, this.#addresses));
    this.#stepRollout({ type: "built", generation: generation.number });
  }

  #stepRollout(event: RolloutEvent): void {
    const { promoted, abandoned } = this.#generations.step(event);
    if (promoted !== undefined) this.#promote(promoted.from, promoted.to);
    this.roster.forEach((child) => {
      if (child.generation.number === abandoned) {
        child.apply({ type: "kill", because: "unwanted" }, this.#now);
      }
    });
  }

  /** A generation that boots decides over the master's own settings too. */
  #promote(from: Generation, to: Generation): void {
    if (to.settings.workers !== from.settings.workers) this.scale(to.settings.workers);
    this.#log.reconfigure(logOrders(to.settings));
  }

  /** A graceful stop that is asked for twice becomes a quick one. */
  stop(wish: "graceful" | "quick"): void {
    if (this.#stopping === "quick") return;
    const how = this.#stopping === null ? wish : "quick";
    this.#stopping = how;
    this.#log.logger.info(how === "graceful" ? "stopping: finishing requests in flight" : "stopping now");
    if (how === "quick") return this.#killAll();
    this.roster.forEach((child) => child.apply({ type: "drain" }, this.#now));
  }

  #killAll(): void {
    this.roster.forEach((child) => child.apply({ type: "kill", because: "quick-stop" }, this.#now));
  }

  /** Gives up the start: nothing serves yet, so nothing is lost. */
  #halt(error: DenicornError): void {
    if (this.#stopping !== null) return;
    this.#fault = error;
    this.#stopping = "quick";
    this.#killAll();
  }

  /** One move towards what is wanted. */
  #settle(): void {
    if (this.#stopping !== null) {
      if (this.roster.size === 0) this.#finish(this.#fault);
      return;
    }
    const now = this.#now;
    const actions = plan(this.roster.members(), {
      target: this.#startable,
      serving: this.generation,
      rolling: this.#generations.canary?.number ?? null,
      maySpawn: this.#replacements.areDue,
    });
    for (const action of actions) {
      if (action.type === "drain") this.roster.inSlot(action.slot)?.apply({ type: "drain" }, now);
      else this.#spawn(action.slot, this.#generations.get(action.generation));
    }
    if (!this.#isRolling && this.roster.ready(this.generation) === this.#target) {
      this.#lifecycle.complete(this.#target, this.generation, this.addresses);
    }
  }

  /**
   * While the first bundle is made it needs a core to itself: workers that start at the same time would only
   * delay the first answer.
   */
  get #startable(): number {
    const isBundled = this.#generations.serving.bundle !== null;
    return isBundled ? this.#target : Math.min(this.#target, Math.max(1, this.#system.host.cores() - 1));
  }

  #spawn(slot: number, generation: Generation): void {
    try {
      this.#recruiter.spawn(slot, generation);
    } catch (error) {
      const failure = spawnFailure(error, this.#system);
      if (this.#stopping !== null || this.#isEndOfBoot(generation, () => failure)) return;
      this.#replacements.record("crash", this.#target);
      this.#lifecycle.spawnFailed(failure, this.#now);
    }
  }
}
