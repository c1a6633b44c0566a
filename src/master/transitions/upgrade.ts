/** USR2, on the side of the master that is replaced: it starts its successor and keeps serving until that takes over. */

import type { Handover } from "../../control/master_commands.ts";
import type { Logger } from "../../log/logger.ts";
import { formatAddress } from "../../system/listen_error.ts";
import type { ChildProcess, ExitStatus, System } from "../../system/system.ts";
import { FailedUpgrade } from "./failed_upgrade.ts";
import type { WorkerPool } from "../pool/worker_pool.ts";
import type { RestartPolicy } from "../pool/restarts.ts";
import type { MasterEvent } from "../workers/events.ts";
import type { Generations } from "../generations/generations.ts";
import { type Launch, successorEnvironment } from "./launch.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import type { WorkerEvents } from "../worker_events.ts";
import type { Reload } from "./reload.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { Shutdown } from "./shutdown.ts";
import type { Takeover } from "./takeover.ts";
import type { ServerCounters } from "../telemetry/counters.ts";
import type { Traffic } from "../listeners/traffic.ts";

export interface UpgradeOptions {
  readonly system: System;
  readonly logger: Logger;
  readonly lifecycle: LifecycleLog;
  readonly launch: Launch;
  readonly workerTable: WorkerTable;
  readonly traffic: Traffic;
  readonly counters: ServerCounters;
  readonly generations: Generations;
  readonly pool: WorkerPool;
  readonly workerEvents: WorkerEvents;
  readonly restartPolicy: RestartPolicy;
  readonly reload: Reload;
  /** The upgrade that this master came from. */
  readonly takeover: Takeover | null;
  /** Where the successor finds this master, if it answers anywhere. */
  readonly controlSocket: () => string | null;
  readonly post: (event: MasterEvent) => void;
}

export class Upgrade {
  readonly #options: UpgradeOptions;
  #successor: ChildProcess | null = null;
  /** The successor that serves. */
  #servingSuccessor: ChildProcess | null = null;
  #isRequested = false;
  #cancelDeadline: () => void = () => {};
  /** Why this master gave it up, if it did. */
  #givenUp: string | null = null;
  #failedUpgrade: FailedUpgrade | null = null;
  /** What the log says it waits for. */
  #loggedObstacle: string | null = null;
  /** There were workers when it began. */
  #isServing = false;

  constructor(options: UpgradeOptions) {
    this.#options = options;
  }

  /**
   * From the start of a successor until it serves, or has failed and its workers are gone. Meanwhile no worker is
   * started or drained.
   */
  get inProgress(): boolean {
    return this.#successor !== null || this.#failedUpgrade !== null;
  }

  /** It begins as soon as nothing else is going on: the order of the listeners must not change under it. */
  request(): void {
    const { objection } = this;
    this.#isRequested = objection === null;
    if (objection !== null) this.#options.logger.warning`USR2 ignored: ${objection}`;
  }

  /** What keeps an upgrade from beginning, if anything. */
  get objection(): string | null {
    const { system, controlSocket } = this.#options;
    if (this.hindrance !== null) return this.hindrance;
    if (system.host.pid === 1) {
      return "this is process 1: when it ends, so does its container: replace that";
    }
    if (controlSocket() === null) {
      return "a new master takes over through the control socket, and there is none: " +
        "restart with another --control-socket";
    }
    return null;
  }

  /** What one that was asked for waits for, if anything: the order of the listeners must not change under it. */
  get obstacle(): string | null {
    if (!this.#isRequested) return null;
    const { pool, restartPolicy, reload, workerTable, takeover } = this.#options;
    if (this.#failedUpgrade !== null) return "the workers of the one that failed are gone";
    if (takeover?.inProgress === true) return "the master before this one is gone";
    if (reload.inProgress) return "the reload under way is done";
    if (workerTable.isAnyBooting) return "the worker that starts is ready";
    // While replacements are held back, workers die again and again: the upgrade may be the cure.
    return pool.isComplete || !restartPolicy.mayReplace ? null : "all workers are ready";
  }

  #logObstacle(obstacle: string): void {
    if (obstacle !== this.#loggedObstacle) this.#options.logger.info`upgrade: it begins when ${obstacle}`;
    this.#loggedObstacle = obstacle;
  }

  /** What keeps a reload from beginning, if anything. */
  get hindrance(): string | null {
    const pid = this.#successor?.pid;
    return pid === undefined ? null : `an upgrade is under way: process ${pid} starts`;
  }

  /** To be called whenever something has changed. */
  startIfPossible(): void {
    if (!this.#isRequested) return;
    const { obstacle } = this;
    if (obstacle !== null) return this.#logObstacle(obstacle);
    this.#isRequested = false;
    this.#loggedObstacle = null;
    this.#givenUp = null;
    this.#start();
    const deadline = this.#deadline;
    this.#cancelDeadline = this.#options.system.clock.after(
      deadline,
      () => this.#giveUp(`it did not serve within ${deadline / 1000} s`),
    );
  }

  /** How long the successor may take until it serves, in milliseconds. */
  get #deadline(): number {
    // All its workers boot side by side; the rest is its own start and a busy machine.
    return this.#options.generations.serving.settings.bootTimeout + 30_000;
  }

  /** To be called when workers have come or gone while an upgrade is under way. */
  reconcile(): void {
    const { pool, workerTable } = this.#options;
    // Nobody is replaced meanwhile, so the upgrade must not outlive the last who serves.
    if (this.#isServing && pool.target > 0 && workerTable.eligible().size === 0) {
      this.#giveUp("no worker of this master is left");
    }
  }

  /** Ends the successor; this master goes on when it is gone. */
  #giveUp(reason: string): void {
    if (this.#successor === null || this.#givenUp !== null) return;
    this.#givenUp = reason;
    this.#successor.kill("SIGKILL");
  }

  /** Starts the executable that is on disk now, in the way this one was started. */
  #start(): void {
    const { system, lifecycle, launch, workerTable, post } = this.#options;
    const controlSocket = this.#options.controlSocket();
    if (controlSocket === null) return;
    this.#isServing = workerTable.eligible().size > 0;
    const [command, ...prefix] = launch.command;
    try {
      this.#successor = system.processes.spawn({
        command,
        args: [...prefix, ...launch.args],
        cwd: launch.cwd,
        env: successorEnvironment(launch, controlSocket),
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return this.#fail(`cannot start ${command}: ${reason}`);
    }
    lifecycle.upgradeBegan(this.#successor.pid, command);
    void this.#successor.exited.then((status) => post({ type: "successor-ended", status }));
  }

  /** This master does not serve on: if another one does, the reload is for that. */
  passReloadOn(): void {
    const { logger } = this.#options;
    if (this.#servingSuccessor === null) return logger.warning("reload ignored: the server is stopping");
    this.#servingSuccessor.kill("SIGHUP");
    logger.info`reload: passed on to process ${this.#servingSuccessor.pid}`;
  }

  /** What a successor needs to go on in this master's place. Throws if none is expected. */
  handOver(fdInbox: string | null): Handover {
    if (this.#successor === null) throw new Error("no upgrade is under way: send USR2 to begin one");
    const { system, traffic, pool, workerEvents, generations } = this.#options;
    this.#announce(this.#successor.pid, this.#deadline);
    // As they were asked for: the workers tell numbers where the settings name a host.
    const asked = generations.serving.settings.bind;
    const addresses = (asked.some(({ port }) => port === 0) ? workerEvents.addresses : asked).map(
      formatAddress,
    );
    return { pid: system.host.pid, addresses, target: pool.target, ...traffic.handOver(fdInbox) };
  }

  /** Tells the workers who looks after them if this master does not live to see the end of the upgrade. */
  #announce(pid: number, timeout: number): void {
    this.#options.workerTable.forEach((worker) => worker.send({ type: "successor", pid, timeout }));
  }

  /** The successor's process is gone before it served; at a stop it was told to. */
  end(
    { code, signal }: ExitStatus,
    { isRequested, inProgress }: Pick<Shutdown, "isRequested" | "inProgress">,
  ): void {
    if (this.#successor === null) return;
    const { pid } = this.#successor;
    this.#successor = null;
    this.#cancelDeadline();
    if (inProgress) return;
    const how = this.#givenUp ?? `ended (${signal ?? `exit code ${code}`})`;
    if (!isRequested) {
      this.#fail(this.#givenUp === null ? `process ${pid} ${how}` : `process ${pid} was killed: ${how}`);
    }
    this.#announce(pid, 0);
    this.#failedUpgrade = new FailedUpgrade({ ...this.#options, clock: this.#options.system.clock });
    this.tick();
  }

  /** To be called now and then: goes on alone when nothing is left of a successor that failed. */
  tick(): void {
    if (this.#failedUpgrade?.poll() !== true) return;
    this.#failedUpgrade = null;
    this.#options.traffic.resume();
  }

  #fail(reason: string): void {
    const { lifecycle, counters } = this.#options;
    counters.upgraded("failed");
    lifecycle.upgradeFailed(reason);
  }

  /** The server shall stop, and whoever was to go on with it too. */
  cancel(): void {
    this.#isRequested = false;
    this.#successor?.kill("SIGTERM");
  }

  /** The successor serves: it is on its own from now on. False if there is none. */
  complete(): boolean {
    if (this.#successor === null) return false;
    const { lifecycle, counters } = this.#options;
    const { pid } = this.#successor;
    this.#cancelDeadline();
    this.#servingSuccessor = this.#successor;
    this.#successor = null;
    counters.upgraded("succeeded");
    lifecycle.upgraded(pid);
    return true;
  }
}
