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
import { Crew } from "./crew.ts";
import { Deaths } from "./deaths.ts";
import { EventFeed } from "./event_feed.ts";
import { EventQueue } from "./event_queue.ts";
import type { MasterEvent } from "./events.ts";
import { type AppBundle, beatInterval, type Generation, type Workplace } from "./generation.ts";
import { Generations, type GenerationSource } from "./generations.ts";
import type { Launch } from "./launch.ts";
import { LifecycleLog } from "./lifecycle_log.ts";
import { Lives } from "./lives.ts";
import { obey, type Operated } from "./operator.ts";
import { Recruiter } from "./recruiter.ts";
import { Recycling } from "./recycling.ts";
import { Reloading } from "./reloading.ts";
import { Roster } from "./roster.ts";
import { Scaling } from "./scaling.ts";
import type { Scoreboard } from "./scoreboard.ts";
import { Shutdown } from "./shutdown.ts";
import type { Spawner } from "./spawner.ts";
import type { Steering } from "./steering.ts";
import type { Succession } from "./succession.ts";
import { Totals } from "./totals.ts";
import { Traffic } from "./traffic.ts";
import { Upgrade } from "./upgrade.ts";

export interface ArbiterOptions {
  readonly system: System;
  readonly log: Log;
  readonly spawner: Spawner;
  readonly source: GenerationSource;
  readonly first: Generation;
  readonly steering: Steering;
  readonly scoreboard: Scoreboard;
  readonly runtimeDirectory: string;
  readonly launch: Launch;
  /** `null` while nobody is answered there. */
  readonly controlSocket: () => string | null;
  /** Set in a master that takes the place of another one. */
  readonly succession: Succession | null;
}

const tickInterval = 250;

export class Arbiter implements Operated {
  readonly roster = new Roster();
  readonly scoreboard: Scoreboard;
  readonly totals: Totals;
  readonly feed: EventFeed;
  readonly #system: System;
  readonly #log: Log;
  readonly #lifecycle: LifecycleLog;
  readonly #recruiter: Recruiter;
  readonly #generations: Generations;
  readonly #deaths: Deaths;
  readonly #traffic: Traffic;
  readonly #crew: Crew;
  readonly #reloading: Reloading;
  readonly #scaling: Scaling;
  readonly #upgrade: Upgrade;
  readonly #succession: Succession | null;
  readonly #recycling: Recycling;
  readonly #shutdown: Shutdown;
  readonly #lives: Lives;
  readonly #runtimeDirectory: string;
  readonly #queue = new EventQueue<MasterEvent>((event) => {
    this.#handle(event);
    this.#settle();
  });
  /** A reload that waits for the end of the start, or of an upgrade: what starts now may already be out of date. */
  #isReloadWanted = false;
  #finish: (fault: DenicornError | null) => void = () => {};

  constructor(options: ArbiterOptions) {
    const { system, log, source, first, scoreboard } = options;
    const { clock } = system;
    const { roster } = this;
    const post = (event: MasterEvent) => this.post(event);
    this.#system = system;
    this.#log = log;
    const feed = this.feed = new EventFeed(clock);
    const lifecycle = this.#lifecycle = new LifecycleLog(log.logger, feed);
    const recruiter = this.#recruiter = new Recruiter({ ...options, roster, post });
    const generations = this.#generations = new Generations(first, source, post);
    const totals = this.totals = new Totals(system, scoreboard);
    const wake = () => post({ type: "tick" });
    const deaths = this.#deaths = new Deaths(system, lifecycle, scoreboard, totals, wake);
    const traffic = this.#traffic = new Traffic(clock, roster, options.steering, scoreboard, lifecycle);
    const crew = this.#crew = new Crew({
      ...{ system, lifecycle, roster, generations, recruiter, deaths, traffic, totals, scoreboard },
      target: options.succession?.target,
      onFailedSpawn: (generation, failure) => this.#lives.failBoot(generation, () => failure),
    });
    const reloading = this.#reloading = new Reloading({
      ...{ clock, log, lifecycle, generations, roster, crew, totals },
    });
    this.#scaling = new Scaling({
      ...{ ...options, logger: log.logger, lifecycle, roster, traffic, generations, crew },
    });
    this.#succession = options.succession;
    this.#recycling = new Recycling({ system, logger: log.logger, roster, scoreboard, lifecycle, totals });
    const shutdown = this.#shutdown = new Shutdown({ clock, lifecycle, roster, traffic, wake });
    const lives = this.#lives = new Lives({
      ...{ clock, roster, scoreboard, lifecycle, deaths, traffic, totals, generations, crew },
      ...{ reloading, shutdown },
    });
    this.#upgrade = new Upgrade({
      ...{ system, logger: log.logger, lifecycle, launch: options.launch, roster, traffic, totals, post },
      ...{ generations, crew, lives, deaths, reloading, succession: options.succession },
      controlSocket: options.controlSocket,
    });
    this.scoreboard = scoreboard;
    this.#runtimeDirectory = options.runtimeDirectory;
  }

  /** Runs until the server has stopped and every worker is reaped; gives what made it give up, if anything. */
  run(): Promise<DenicornError | null> {
    const finished = new Promise<DenicornError | null>((resolve) => this.#finish = resolve);
    const stopTicks = this.#system.clock.every(tickInterval, () => this.post({ type: "tick" }));
    const { settings } = this.#generations.serving;
    // Apart from the ticks: looking is cheap, and only what is found is an event.
    const stopWatch = this.#traffic.watch(
      beatInterval(settings),
      () => this.#generations.serving.settings,
      () => this.post({ type: "stalled" }),
    );
    void this.#generations.build(this.#generations.serving);
    this.post({ type: "tick" });
    return finished.finally(() => {
      stopTicks();
      stopWatch();
      this.#deaths.cancel();
    });
  }

  post(event: MasterEvent): void {
    this.#queue.post(event);
  }

  /** Settles when the first worker is ready. */
  get firstReady(): Promise<void> {
    return this.#lives.firstReady;
  }

  get target(): number {
    return this.#crew.target;
  }

  get generation(): number {
    return this.#generations.serving.number;
  }

  get addresses(): readonly string[] {
    return this.#lives.addresses.map(formatAddress);
  }

  get backlog(): number | null {
    return this.#traffic.backlog;
  }

  get phase(): MasterPhase {
    if (this.#shutdown.isAsked) return "stopping";
    if (!this.#lives.everReady) return "starting";
    if (this.#upgrade.isUnderWay) return "upgrading";
    return this.#reloading.isUnderway ? "reloading" : "running";
  }

  /** Another master serves until this one takes over. */
  get #isSuccessor(): boolean {
    return this.#succession?.isWaiting === true;
  }

  /** All is as it shall be. */
  get #isComplete(): boolean {
    return !this.#reloading.isUnderway && this.#crew.isComplete;
  }

  get #workplace(): Workplace {
    return {
      listen: this.#lives.addresses,
      post: this.#traffic.postBox,
      scoreboard: this.scoreboard.path,
      runtimeDirectory: this.#runtimeDirectory,
    };
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
        this.#recruiter.checkVersion(event.version);
        return this.#recruiter.giveOrders(event.child, this.#workplace);
      case "message":
        return this.#lives.hear(event.child, event.message);
      case "exit":
        return this.#lives.end(event.child, event.status);
      case "renewed":
        this.#generations.add(event.generation);
        return void this.#generations.build(event.generation);
      case "built":
        return this.#handleBuilt(event.generation, event.bundle);
      case "build-failed":
        if (!this.#lives.everReady) return this.#shutdown.halt(event.error);
        return this.#reloading.failBuild(event.number, event.error);
      case "successor-ended":
        return this.#upgrade.end(event.status, this.#shutdown.isUnderWay);
      case "retire":
        return this.#retire();
      case "asked":
        return event.begin();
      case "unlinked":
      case "stalled":
        // Who gets new connections is settled after every event.
        return this.#scaling.look(this.phase);
      case "tick":
        this.#succession?.tick();
        this.#upgrade.tick();
        this.#shutdown.tick();
        this.#scaling.look(this.phase);
        this.roster.tick(this.#now, tickInterval);
        if (this.phase === "running") this.#recycling.look(this.#generations.serving.settings, this.target);
        return;
    }
  }

  reload(): void {
    if (this.#shutdown.isAsked) return this.#upgrade.passReloadOn();
    this.#isReloadWanted = true;
    if (this.#upgrade.isUnderWay || this.#isSuccessor) {
      this.#log.logger.info("reload: waiting for the upgrade under way");
    }
  }

  scale(target: number): void {
    if (!this.#shutdown.isAsked) this.#crew.request(target);
  }

  allowed(target: number): number {
    return this.#crew.allowed(target);
  }

  upgrade(): void {
    if (!this.#shutdown.isAsked) this.#upgrade.ask();
  }

  get upgradeObstacle(): string | null {
    return this.#upgrade.obstacle;
  }

  /** What keeps a command from beginning now, if anything. */
  objectionTo(command: "reload" | "scale" | "upgrade"): string | null {
    if (this.#shutdown.isAsked) return "the server is stopping";
    return command === "upgrade" ? this.#upgrade.objection : this.#upgrade.hindrance;
  }

  /** The settings in force. */
  get settings(): Settings {
    return this.#generations.serving.settings;
  }

  /** What a successor needs to go on in this master's place. Throws if none is expected. */
  handOver(postBox: string | null): Handover {
    return this.#upgrade.handOver(postBox);
  }

  #retire(): void {
    if (this.#shutdown.isAsked || !this.#upgrade.isUnderWay) return;
    this.#upgrade.complete();
    if (this.#isReloadWanted) this.#upgrade.passReloadOn();
    this.#shutdown.retire();
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

  #handleBuilt(generation: Generation, bundle: AppBundle): void {
    generation.bundle = bundle;
    this.roster.forEach((child) => this.#recruiter.giveOrders(child, this.#workplace));
    this.#reloading.step({ type: "built", generation: generation.number });
  }

  /** A graceful stop that is asked for twice becomes a quick one. */
  stop(how: "graceful" | "quick"): void {
    this.#upgrade.cancel();
    const serves = this.#lives.everReady && !this.#isSuccessor;
    this.#shutdown.stop(how, serves ? this.#generations.serving.settings.shutdownDelay : 0);
  }

  /** One move towards what is wanted. */
  #settle(): void {
    if (this.#shutdown.isUnderWay) {
      if (this.roster.size === 0) this.#finish(this.#shutdown.fault);
      return;
    }
    if (this.#upgrade.isUnderWay) {
      this.#upgrade.settle();
      return this.#traffic.settle();
    }
    this.#crew.settle();
    this.#reloading.settle();
    this.#succession?.settle(
      this.#isComplete,
      this.roster.eligible().size > 0,
      (predecessor) => {
        this.totals.upgraded("succeeded");
        this.#lifecycle.tookOver(predecessor);
      },
    );
    if (this.#isReloadWanted && this.#lives.everReady && !this.#isSuccessor) {
      this.#isReloadWanted = false;
      this.#reloading.begin();
    }
    if (this.#isComplete) {
      this.#lifecycle.complete(this.target, this.generation, this.addresses);
      this.totals.settled(this.generation);
    }
    this.#upgrade.startIfPossible();
  }
}
