/**
 * The master's loop. Events come in one at a time, each is handled without waiting, and after each the pool
 * is brought one move closer to what is wanted. Decisions are made in `core/`; here they are carried out.
 */

import type { Handover } from "../control/commands.ts";
import { type DenicornError, toDenicornError } from "../core/errors.ts";
import { signalMeanings } from "../core/signals.ts";
import type { MasterPhase } from "../core/status.ts";
import type { Log } from "../log/logger.ts";
import type { Settings } from "../settings/settings.ts";
import { formatAddress } from "../system/listen_error.ts";
import type { System } from "../system/system.ts";
import { type ArbiterOptions, type ArbiterParts, arbiterParts } from "./arbiter_parts.ts";
import type { EventFeed } from "./event_feed.ts";
import { EventQueue } from "./event_queue.ts";
import type { MasterEvent } from "./events.ts";
import { type AppBundle, beatInterval, type Generation, type Workplace } from "./generation.ts";
import { obey, type Operated } from "./operator.ts";
import type { Roster } from "./roster.ts";
import type { Scoreboard } from "./scoreboard.ts";
import type { Succession } from "./succession.ts";
import type { Totals } from "./totals.ts";

const tickInterval = 250;

export class Arbiter implements Operated {
  readonly roster: Roster;
  readonly scoreboard: Scoreboard;
  readonly totals: Totals;
  readonly feed: EventFeed;
  readonly #system: System;
  readonly #log: Log;
  readonly #parts: ArbiterParts;
  readonly #succession: Succession | null;
  readonly #runtimeDirectory: string;
  readonly #queue = new EventQueue<MasterEvent>((event) => {
    this.#handle(event);
    this.#settle();
  });
  /** A reload that waits for the end of the start, or of an upgrade: what starts now may already be out of date. */
  #isReloadWanted = false;
  #finish: (fault: DenicornError | null) => void = () => {};

  constructor(options: ArbiterOptions) {
    const parts = this.#parts = arbiterParts(options, (event) => this.post(event));
    this.roster = parts.roster;
    this.totals = parts.totals;
    this.feed = parts.feed;
    this.scoreboard = options.scoreboard;
    this.#system = options.system;
    this.#log = options.log;
    this.#succession = options.succession;
    this.#runtimeDirectory = options.runtimeDirectory;
  }

  /** Runs until the server has stopped and every worker is reaped; gives what made it give up, if anything. */
  run(): Promise<DenicornError | null> {
    const { generations, deaths, traffic } = this.#parts;
    const finished = new Promise<DenicornError | null>((resolve) => this.#finish = resolve);
    const stopTicks = this.#system.clock.every(tickInterval, () => this.post({ type: "tick" }));
    const { settings } = generations.serving;
    // Apart from the ticks: looking is cheap, and only what is found is an event.
    const stopWatch = traffic.watch(
      beatInterval(settings),
      () => generations.serving.settings,
      () => this.post({ type: "stalled" }),
    );
    void generations.build(generations.serving);
    this.post({ type: "tick" });
    return finished.finally(() => {
      stopTicks();
      stopWatch();
      deaths.cancel();
    });
  }

  post(event: MasterEvent): void {
    this.#queue.post(event);
  }

  /** Settles when the first worker is ready. */
  get firstReady(): Promise<void> {
    return this.#parts.lives.firstReady;
  }

  get target(): number {
    return this.#parts.crew.target;
  }

  get generation(): number {
    return this.#parts.generations.serving.number;
  }

  get addresses(): readonly string[] {
    return this.#parts.lives.addresses.map(formatAddress);
  }

  get backlog(): number | null {
    return this.#parts.traffic.backlog;
  }

  get phase(): MasterPhase {
    const { reloading, upgrade, shutdown, lives } = this.#parts;
    if (shutdown.isAsked) return "stopping";
    if (!lives.everReady) return "starting";
    if (upgrade.isUnderWay) return "upgrading";
    return reloading.isUnderway ? "reloading" : "running";
  }

  /** Another master serves until this one takes over. */
  get #isSuccessor(): boolean {
    return this.#succession?.isWaiting === true;
  }

  /** All is as it shall be. */
  get #isComplete(): boolean {
    return !this.#parts.reloading.isUnderway && this.#parts.crew.isComplete;
  }

  get #workplace(): Workplace {
    return {
      listen: this.#parts.lives.addresses,
      post: this.#parts.traffic.postBox,
      scoreboard: this.scoreboard.path,
      runtimeDirectory: this.#runtimeDirectory,
    };
  }

  get #now(): number {
    return this.#system.clock.monotonic();
  }

  #handle(event: MasterEvent): void {
    const { recruiter, generations, reloading, scaling, upgrade, recycling, shutdown, lives } = this.#parts;
    switch (event.type) {
      case "signal":
        return obey(signalMeanings[event.signal].master, this, this.#system.host);
      case "linked":
        event.child.link(event.connection);
        recruiter.checkVersion(event.version);
        return recruiter.giveOrders(event.child, this.#workplace);
      case "message":
        return lives.hear(event.child, event.message);
      case "exit":
        return lives.end(event.child, event.status);
      case "renewed":
        generations.add(event.generation);
        return void generations.build(event.generation);
      case "built":
        return this.#handleBuilt(event.generation, event.bundle);
      case "build-failed":
        if (!lives.everReady) return shutdown.halt(event.error);
        return reloading.failBuild(event.number, event.error);
      case "successor-ended":
        return upgrade.end(event.status, shutdown);
      case "retire":
        return this.#retire();
      case "asked":
        return event.begin();
      case "unlinked":
      case "stalled":
        // Who gets new connections is settled after every event.
        return scaling.look(this.phase);
      case "tick":
        this.#succession?.tick();
        upgrade.tick();
        shutdown.tick();
        scaling.look(this.phase);
        this.roster.tick(this.#now, tickInterval);
        if (this.phase === "running") recycling.look(generations.serving.settings, this.target);
        return;
    }
  }

  reload(): void {
    if (this.#parts.shutdown.isAsked) return this.#parts.upgrade.passReloadOn();
    this.#isReloadWanted = true;
    if (this.#parts.upgrade.isUnderWay || this.#isSuccessor) {
      this.#log.logger.info("reload: waiting for the upgrade under way");
    }
  }

  scale(target: number): void {
    if (!this.#parts.shutdown.isAsked) this.#parts.crew.request(target);
  }

  allowed(target: number): number {
    return this.#parts.crew.allowed(target);
  }

  upgrade(): void {
    if (!this.#parts.shutdown.isAsked) this.#parts.upgrade.ask();
  }

  get upgradeObstacle(): string | null {
    return this.#parts.upgrade.obstacle;
  }

  /** What keeps a command from beginning now, if anything. */
  objectionTo(command: "reload" | "scale" | "upgrade"): string | null {
    if (this.#parts.shutdown.isAsked) return "the server is stopping";
    return command === "upgrade" ? this.#parts.upgrade.objection : this.#parts.upgrade.hindrance;
  }

  /** The settings in force. */
  get settings(): Settings {
    return this.#parts.generations.serving.settings;
  }

  /** What a successor needs to go on in this master's place. Throws if none is expected. */
  handOver(postBox: string | null): Handover {
    return this.#parts.upgrade.handOver(postBox);
  }

  #retire(): void {
    const { upgrade, shutdown } = this.#parts;
    if (shutdown.isAsked || !upgrade.complete()) return;
    if (this.#isReloadWanted) upgrade.passReloadOn();
    shutdown.retire();
  }

  reopenLogs(): void {
    this.#log.reopen();
    this.#log.logger.info("logs reopened");
    try {
      this.#parts.generations.shareLogs();
    } catch (error) {
      this.#log.logger.error`${toDenicornError(error).message}`;
    }
    this.roster.forEach((child) => child.send({ type: "reopen" }));
  }

  #handleBuilt(generation: Generation, bundle: AppBundle): void {
    generation.bundle = bundle;
    this.roster.forEach((child) => this.#parts.recruiter.giveOrders(child, this.#workplace));
    this.#parts.reloading.step({ type: "built", generation: generation.number });
  }

  /** A graceful stop that is asked for twice becomes a quick one. */
  stop(how: "graceful" | "quick"): void {
    this.#parts.upgrade.cancel();
    const serves = this.#parts.lives.everReady && !this.#isSuccessor;
    this.#parts.shutdown.stop(how, serves ? this.#parts.generations.serving.settings.shutdownDelay : 0);
  }

  /** One move towards what is wanted. */
  #settle(): void {
    const { lifecycle, traffic, crew, reloading, upgrade, shutdown, lives } = this.#parts;
    if (shutdown.isUnderWay) {
      if (this.roster.size === 0) this.#finish(shutdown.fault);
      return;
    }
    if (upgrade.isUnderWay) {
      upgrade.settle();
      return traffic.settle();
    }
    crew.settle();
    reloading.settle();
    this.#succession?.settle(
      this.#isComplete,
      this.roster.eligible().size > 0,
      (predecessor) => {
        this.totals.upgraded("succeeded");
        lifecycle.tookOver(predecessor);
      },
    );
    if (this.#isReloadWanted && lives.everReady && !this.#isSuccessor) {
      this.#isReloadWanted = false;
      reloading.begin();
    }
    if (this.#isComplete) {
      lifecycle.complete(this.target, this.generation, this.addresses);
      this.totals.settled(this.generation);
    }
    upgrade.startIfPossible();
  }
}
