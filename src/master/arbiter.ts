/**
 * The master's loop. Events come in one at a time, each is handled without waiting, and after each the pool
 * is brought one move closer to what is wanted. Decisions are made in `core/`; here they are carried out.
 */

import type { Handover, MasterCommands } from "../control/master_commands.ts";
import { type DenicornError, toDenicornError } from "../core/errors.ts";
import type { MasterPhase } from "../core/telemetry/status.ts";
import type { Log } from "../log/logger.ts";
import type { Settings } from "../settings/settings.ts";
import { formatAddress } from "../system/listen_error.ts";
import type { System } from "../system/system.ts";
import { type ArbiterOptions, type ArbiterParts, arbiterParts } from "./arbiter_parts.ts";
import type { EventLog } from "./telemetry/event_log.ts";
import { EventQueue } from "./workers/event_queue.ts";
import type { MasterEvent } from "./workers/events.ts";
import {
  type AppBundle,
  type Generation,
  heartbeatInterval,
  type SharedResources,
} from "./workers/generation.ts";
import { dispatchSignal } from "./commands/dispatch_signal.ts";
import type { WorkerTable } from "./workers/worker_table.ts";
import type { Scoreboard } from "./workers/scoreboard.ts";
import type { Takeover } from "./transitions/takeover.ts";
import type { ServerCounters } from "./telemetry/counters.ts";

const tickInterval = 250;

export class Arbiter implements MasterCommands {
  readonly workerTable: WorkerTable;
  readonly scoreboard: Scoreboard;
  readonly counters: ServerCounters;
  readonly eventLog: EventLog;
  readonly #system: System;
  readonly #log: Log;
  readonly #parts: ArbiterParts;
  readonly #takeover: Takeover | null;
  readonly #runtimeDirectory: string;
  readonly #queue = new EventQueue<MasterEvent>((event) => {
    this.#handle(event);
    this.#reconcile();
  });
  /** A reload that waits for the end of the start, or of an upgrade: what starts now may already be out of date. */
  #isReloadWanted = false;
  #finish: (fault: DenicornError | null) => void = () => {};

  constructor(options: ArbiterOptions) {
    const parts = this.#parts = arbiterParts(options, (event) => this.post(event));
    this.workerTable = parts.workerTable;
    this.counters = parts.counters;
    this.eventLog = parts.eventLog;
    this.scoreboard = options.scoreboard;
    this.#system = options.system;
    this.#log = options.log;
    this.#takeover = options.takeover;
    this.#runtimeDirectory = options.runtimeDirectory;
  }

  /** Runs until the server has stopped and every worker is reaped; gives what made it give up, if anything. */
  run(): Promise<DenicornError | null> {
    const { generations, restartPolicy, traffic } = this.#parts;
    const finished = new Promise<DenicornError | null>((resolve) => this.#finish = resolve);
    const stopTicks = this.#system.clock.every(tickInterval, () => this.post({ type: "tick" }));
    const { settings } = generations.serving;
    // Apart from the ticks: looking is cheap, and only what is found is an event.
    const stopWatch = traffic.watch(
      heartbeatInterval(settings),
      () => generations.serving.settings,
      () => this.post({ type: "stalled" }),
    );
    void generations.build(generations.serving);
    this.post({ type: "tick" });
    return finished.finally(() => {
      stopTicks();
      stopWatch();
      restartPolicy.cancel();
    });
  }

  post(event: MasterEvent): void {
    this.#queue.post(event);
  }

  /** Settles when the first worker is ready. */
  get firstReady(): Promise<void> {
    return this.#parts.workerEvents.firstReady;
  }

  get target(): number {
    return this.#parts.pool.target;
  }

  get generation(): number {
    return this.#parts.generations.serving.number;
  }

  get addresses(): readonly string[] {
    return this.#parts.workerEvents.addresses.map(formatAddress);
  }

  get backlog(): number | null {
    return this.#parts.traffic.backlog;
  }

  get phase(): MasterPhase {
    const { reload, upgrade, shutdown, workerEvents } = this.#parts;
    if (shutdown.isRequested) return "stopping";
    if (!workerEvents.everReady) return "starting";
    if (upgrade.inProgress) return "upgrading";
    return reload.inProgress ? "reloading" : "running";
  }

  /** Another master serves until this one takes over. */
  get #isSuccessor(): boolean {
    return this.#takeover?.isWaiting === true;
  }

  /** All is as it shall be. */
  get #isComplete(): boolean {
    return !this.#parts.reload.inProgress && this.#parts.pool.isComplete;
  }

  get #sharedResources(): SharedResources {
    return {
      listen: this.#parts.workerEvents.addresses,
      fdInbox: this.#parts.traffic.fdInbox,
      scoreboard: this.scoreboard.path,
      runtimeDirectory: this.#runtimeDirectory,
    };
  }

  get #now(): number {
    return this.#system.clock.monotonic();
  }

  #handle(event: MasterEvent): void {
    const { spawner, generations, reload, autoscaler, upgrade, recycling, shutdown, workerEvents } =
      this.#parts;
    switch (event.type) {
      case "signal":
        return dispatchSignal(event.signal, this, this.#system.host);
      case "connected":
        event.worker.connect(event.connection);
        spawner.checkVersion(event.version);
        return spawner.sendConfig(event.worker, this.#sharedResources);
      case "message":
        return workerEvents.handleMessage(event.worker, event.message);
      case "exit":
        return workerEvents.handleExit(event.worker, event.status);
      case "renewed":
        generations.add(event.generation);
        return void generations.build(event.generation);
      case "built":
        return this.#handleBuilt(event.generation, event.bundle);
      case "build-failed":
        if (!workerEvents.everReady) return shutdown.halt(event.error);
        return reload.failBuild(event.number, event.error);
      case "successor-ended":
        return upgrade.end(event.status, shutdown);
      case "retire":
        return this.#retire();
      case "asked":
        return event.begin();
      case "disconnected":
      case "stalled":
        // Who gets new connections is settled after every event.
        return autoscaler.poll(this.phase);
      case "tick":
        this.#takeover?.tick();
        upgrade.tick();
        shutdown.tick();
        autoscaler.poll(this.phase);
        this.workerTable.tick(this.#now, tickInterval);
        if (this.phase === "running") recycling.poll(generations.serving.settings, this.target);
        return;
    }
  }

  reload(): void {
    if (this.#parts.shutdown.isRequested) return this.#parts.upgrade.passReloadOn();
    this.#isReloadWanted = true;
    if (this.#parts.upgrade.inProgress || this.#isSuccessor) {
      this.#log.logger.info("reload: waiting for the upgrade under way");
    }
  }

  scale(target: number): void {
    if (!this.#parts.shutdown.isRequested) this.#parts.pool.request(target);
  }

  allowed(target: number): number {
    return this.#parts.pool.allowed(target);
  }

  upgrade(): void {
    if (!this.#parts.shutdown.isRequested) this.#parts.upgrade.request();
  }

  get upgradeObstacle(): string | null {
    return this.#parts.upgrade.obstacle;
  }

  /** What keeps a command from beginning now, if anything. */
  objectionTo(command: "reload" | "scale" | "upgrade"): string | null {
    if (this.#parts.shutdown.isRequested) return "the server is stopping";
    return command === "upgrade" ? this.#parts.upgrade.objection : this.#parts.upgrade.hindrance;
  }

  /** The settings in force. */
  get settings(): Settings {
    return this.#parts.generations.serving.settings;
  }

  /** What a successor needs to go on in this master's place. Throws if none is expected. */
  handOver(fdInbox: string | null): Handover {
    return this.#parts.upgrade.handOver(fdInbox);
  }

  #retire(): void {
    const { upgrade, shutdown } = this.#parts;
    if (shutdown.isRequested || !upgrade.complete()) return;
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
    this.workerTable.forEach((worker) => worker.send({ type: "reopen" }));
  }

  #handleBuilt(generation: Generation, bundle: AppBundle): void {
    generation.bundle = bundle;
    this.workerTable.forEach((worker) => this.#parts.spawner.sendConfig(worker, this.#sharedResources));
    this.#parts.reload.step({ type: "built", generation: generation.number });
  }

  /** A graceful stop that is asked for twice becomes a quick one. */
  stop(how: "graceful" | "quick"): void {
    this.#parts.upgrade.cancel();
    const serves = this.#parts.workerEvents.everReady && !this.#isSuccessor;
    this.#parts.shutdown.stop(how, serves ? this.#parts.generations.serving.settings.shutdownDelay : 0);
  }

  /** One move towards what is wanted. */
  #reconcile(): void {
    const { lifecycle, traffic, pool, reload, upgrade, shutdown, workerEvents } = this.#parts;
    if (shutdown.inProgress) {
      if (this.workerTable.size === 0) this.#finish(shutdown.fault);
      return;
    }
    if (upgrade.inProgress) {
      upgrade.reconcile();
      return traffic.reconcile();
    }
    pool.reconcile();
    reload.reconcile();
    this.#takeover?.reconcile(
      this.#isComplete,
      this.workerTable.eligible().size > 0,
      (oldMaster) => {
        this.counters.upgraded("succeeded");
        lifecycle.tookOver(oldMaster);
      },
    );
    if (this.#isReloadWanted && workerEvents.everReady && !this.#isSuccessor) {
      this.#isReloadWanted = false;
      reload.begin();
    }
    if (this.#isComplete) {
      lifecycle.complete(this.target, this.generation, this.addresses);
      this.counters.settled(this.generation);
    }
    upgrade.startIfPossible();
  }
}
