/** An upgrade (USR2), on the side of the old master: it starts its successor, and serves until that takes over. */

import { toDenicornError } from "../../core/errors.ts";
import { reasonOf } from "../../core/reason.ts";
import type { Handover } from "../../control/master_commands.ts";
import type { Logger } from "../../log/logger.ts";
import { withTimeout } from "../../system/clock.ts";
import { formatAddress } from "../../system/network/listen_error.ts";
import type { ChildProcess, ExitStatus, System } from "../../system/system.ts";
import { removeAbandonedNowAndLater } from "../files/runtime_directory.ts";
import { FailedUpgrade } from "./failed_upgrade.ts";
import { Forwarding } from "./forwarding.ts";
import type { WorkerPool } from "../pool/worker_pool.ts";
import type { RestartPolicy } from "../pool/restart_policy.ts";
import type { MasterEvent } from "../workers/events.ts";
import type { Generations } from "../generations/generations.ts";
import { type Launch, type OldMaster, successorEnvironment } from "./launch.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import type { Reload } from "./reload.ts";
import type { MasterLink } from "../channels/master_link.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { Shutdown } from "./shutdown.ts";
import type { Takeover } from "./takeover.ts";
import type { ServerCounters } from "../telemetry/counters.ts";
import type { MasterHooks } from "../hooks/master_hooks.ts";
import type { HeartbeatMonitor } from "../listeners/heartbeat_monitor.ts";
import type { ListenOrder } from "../listeners/listen_order.ts";
import type { SharedSockets } from "../listeners/shared_sockets.ts";
import type { Steering } from "../listeners/steering.ts";

interface UpgradeOptions {
  readonly system: System;
  readonly logger: Logger;
  readonly lifecycle: LifecycleLog;
  readonly launch: Launch;
  readonly workerTable: WorkerTable;
  readonly steering: Steering;
  readonly sharedSockets: SharedSockets;
  readonly listenOrder: ListenOrder;
  readonly hooks: MasterHooks;
  readonly heartbeatMonitor: HeartbeatMonitor;
  readonly counters: ServerCounters;
  readonly generations: Generations;
  readonly pool: WorkerPool;
  readonly restartPolicy: RestartPolicy;
  readonly reload: Reload;
  /** The upgrade that started this master. */
  readonly takeover: Takeover | null;
  /** Where the successor reaches this master; `null` while it cannot. */
  readonly controlSocket: () => string | null;
  readonly runtimeDirectory: string;
  /** Where the successor takes part in the channels of this master's workers; `null` if it cannot. */
  readonly offerLink: () => MasterLink | null;
  readonly post: (event: MasterEvent) => void;
}

/** Milliseconds for the workers to hear of a successor: one whose event loop is blocked reads it later. */
const announceTimeout = 500;

export class Upgrade {
  readonly forwarding: Forwarding;
  readonly #options: UpgradeOptions;
  #successor: ChildProcess | null = null;
  /** The workers hear of a successor before it is started. */
  #isAnnouncing = false;
  #isRequested = false;
  /** There were to be workers when the upgrade was requested. */
  #hadTarget = false;
  #cancelDeadline: () => void = () => {};
  /** Why this master killed its successor, if it did. */
  #killReason: string | null = null;
  #failedUpgrade: FailedUpgrade | null = null;
  /** Whether the hook that comes before an upgrade has been called for the one requested, and is done. */
  #hook: "not called" | "called" | "done" = "not called";
  /** What the upgrade waits for, as logged. */
  #loggedWait: string | null = null;
  /** There were workers when the upgrade began. */
  #isServing = false;

  constructor(options: UpgradeOptions) {
    this.#options = options;
    this.forwarding = new Forwarding(options.logger, options.pool);
  }

  /**
   * True from the start of a successor until it serves, or until it has failed and its workers are gone. Meanwhile no
   * worker is started or drained.
   */
  get inProgress(): boolean {
    return this.#isAnnouncing || this.#successor !== null || this.#failedUpgrade !== null;
  }

  /** The upgrade begins when nothing else is in progress: the order of the listeners must not change meanwhile. */
  request(): void {
    const { objection } = this;
    this.#isRequested = objection === null;
    this.#hadTarget = this.#options.pool.target > 0;
    if (this.#hook === "done") this.#hook = "not called";
    if (objection !== null) this.#options.logger.warning`USR2 ignored: ${objection}`;
  }

  /** Why an upgrade cannot begin; `null` if it can. */
  get objection(): string | null {
    const { system, controlSocket, generations } = this.#options;
    if (this.inProgressText !== null) return this.inProgressText;
    if (system.host.pid === 1) {
      return "this is process 1, and its container ends with it: replace the container";
    }
    if (controlSocket() === null) {
      const isOff = generations.serving.settings.controlSocket === false;
      return isOff
        ? "there is no control socket, through which a new master takes over: restart without --no-control-socket"
        : "the control socket, through which a new master takes over, is not open: try again, or restart with " +
          "another --control-socket";
    }
    return null;
  }

  /** What a requested upgrade waits for; `null` if nothing. Completes "waiting until …". */
  get waitsFor(): string | null {
    if (!this.#isRequested) return null;
    const { pool, restartPolicy, reload, workerTable, takeover } = this.#options;
    if (this.#failedUpgrade !== null) return "the workers of the failed upgrade are gone";
    if (takeover?.inProgress === true) return "the old master is gone";
    if (reload.inProgress) return "the reload in progress is complete";
    if (workerTable.isAnyBooting) return "the booting worker is ready";
    // In a crash loop the upgrade may be what ends it.
    return pool.isComplete || !restartPolicy.mayReplace ? null : "all workers are ready";
  }

  #logWait(waitsFor: string): void {
    if (waitsFor !== this.#loggedWait) this.#options.logger.info`upgrade: waiting until ${waitsFor}`;
    this.#loggedWait = waitsFor;
  }

  /** The upgrade in progress, in words; `null` if there is none. Meanwhile no other command can begin. */
  get inProgressText(): string | null {
    const { pid } = this.#successor ?? {};
    if (pid !== undefined) return `an upgrade is in progress: process ${pid} is starting`;
    return this.#isAnnouncing ? "an upgrade is in progress: the new master is about to start" : null;
  }

  /** Call it after every event. */
  startIfPossible(): void {
    if (!this.#isRequested) return;
    // A successor would start workers, and so undo what was requested last.
    if (this.#hadTarget && this.#options.pool.target === 0) {
      return this.#endWait("all workers were drained on request while it waited: upgrade again");
    }
    const { waitsFor } = this;
    if (waitsFor !== null) return this.#logWait(waitsFor);
    if (this.#hook === "not called") this.#callHook();
    if (this.#hook === "called") return;
    this.#hook = "not called";
    this.#isRequested = false;
    this.#loggedWait = null;
    this.#killReason = null;
    this.#isAnnouncing = true;
    const { system, post } = this.#options;
    // This master can be killed as soon as the successor runs: workers that do not know of it would leave.
    const heard = withTimeout(system.clock, announceTimeout, this.#announce(null, this.#deadline));
    void heard.then(() => post({ type: "command", begin: () => this.#begin() }));
  }

  /** Workers may still be started and drained meanwhile. */
  #callHook(): void {
    const { hooks, generations, post } = this.#options;
    const { number } = generations.serving;
    if (!hooks.has("preUpgrade", number)) {
      this.#hook = "done";
      return;
    }
    this.#hook = "called";
    const end = (begin: () => void) => post({ type: "command", begin });
    hooks.ask("preUpgrade", number).then(
      () => end(() => this.#hook = "done"),
      (error) =>
        end(() => {
          this.#hook = "not called";
          if (this.#isRequested) this.#endWait(toDenicornError(error).message);
        }),
    );
  }

  #begin(): void {
    if (!this.#isAnnouncing) return;
    this.#isAnnouncing = false;
    this.#start();
    if (this.#successor === null) return void this.#announce(null, 0);
    const deadline = this.#deadline;
    this.#cancelDeadline = this.#options.system.clock.after(
      deadline,
      () => this.#giveUp(`it did not take over within ${deadline / 1000} s`),
    );
  }

  #endWait(reason: string): void {
    this.#isRequested = false;
    this.#loggedWait = null;
    this.#fail(reason);
  }

  /** How long the successor may take until it serves, in milliseconds. */
  get #deadline(): number {
    const { settings: { prepareTimeout, bootTimeout, hookTimeout }, hooks } =
      this.#options.generations.serving;
    // It waits for onStarting, and then for preSpawn.
    const hooksTimeout = hooks == null ? 0 : 2 * hookTimeout;
    // All its workers boot side by side; the rest is its own start and a busy machine.
    return prepareTimeout + bootTimeout + hooksTimeout + 30_000;
  }

  /** Call it after every event while an upgrade is in progress. */
  reconcile(): void {
    const { pool, heartbeatMonitor } = this.#options;
    // No worker is replaced meanwhile, so the upgrade must end when the last one is gone.
    if (this.#isServing && pool.target > 0 && heartbeatMonitor.eligible().size === 0) {
      this.#giveUp("no worker of this master is left");
    }
  }

  /** Kills the successor; this master continues when it is gone. */
  #giveUp(reason: string): void {
    if (this.#successor === null || this.#killReason !== null) return;
    this.#killReason = reason;
    this.#successor.kill("SIGKILL");
  }

  /** Starts the executable that is on disk now, as this one was started. */
  #start(): void {
    const { system, lifecycle, launch, sharedSockets, heartbeatMonitor, post } = this.#options;
    const controlSocket = this.#options.controlSocket();
    if (controlSocket === null) {
      return this.#fail("the control socket, through which a new master takes over, does not answer");
    }
    this.#isServing = heartbeatMonitor.eligible().size > 0;
    this.forwarding.begin();
    const [command, ...prefix] = launch.command();
    // From here on the successor knows the order of the listeners, even if this master does not live to be asked.
    const oldMaster: OldMaster = {
      pid: system.host.pid,
      socket: controlSocket,
      runtimeDirectory: this.#options.runtimeDirectory,
      unixSockets: sharedSockets.opened,
      inheritedSockets: sharedSockets.inherited,
      activation: { ...launch.activation, refused: null },
      handover: this.#handover(this.#options.steering.freeze()),
    };
    try {
      this.#successor = system.processes.spawn({
        command,
        args: [...prefix, ...launch.args],
        cwd: launch.cwd,
        env: successorEnvironment(launch, oldMaster),
        inherited: sharedSockets.open.map(({ descriptor }) => descriptor),
      });
    } catch (error) {
      this.#options.steering.takeOver();
      return this.#fail(
        `cannot start the new master: ${command} (${
          reasonOf(error)
        }): check that it exists and that this user may run it, and send USR2 again`,
      );
    }
    void this.#announce(this.#successor.pid, this.#deadline);
    lifecycle.upgradeBegan(this.#successor.pid, command);
    void this.#successor.exited.then((status) => post({ type: "successor-ended", status }));
  }

  /** What a successor needs to take over. Sends copies of all listening sockets to `fdInbox`. Throws without a successor. */
  handOver(fdInbox: string | null): Handover {
    if (this.#successor === null) throw new Error("no upgrade is in progress: send USR2 to begin one");
    const { steering } = this.#options;
    const handover = this.#handover(fdInbox === null ? null : steering.handOver(fdInbox));
    return { ...handover, channels: this.#options.offerLink() };
  }

  /** `listening`: the processes whose listeners the successor gets, in their order; `null` if it gets none. */
  #handover(listening: readonly number[] | null): Handover {
    const { system, workerTable, listenOrder, pool } = this.#options;
    return {
      pid: system.host.pid,
      addresses: listenOrder.stated.map(formatAddress),
      target: pool.target,
      range: pool.range,
      workers: listening ?? workerTable.bySlot().map(({ process }) => process.pid),
      areSent: listening !== null,
    };
  }

  /** Tells the workers which process takes over should this master die during the upgrade. */
  async #announce(pid: number | null, timeout: number): Promise<void> {
    const sent: Promise<void>[] = [];
    this.#options.workerTable.forEach((worker) =>
      void sent.push(worker.send({ type: "successor", pid, timeout }))
    );
    await Promise.all(sent);
  }

  /** The successor has ended before it took over; at a stop this is expected. */
  end(
    { code, signal }: ExitStatus,
    { isRequested, inProgress }: Pick<Shutdown, "isRequested" | "inProgress">,
  ): void {
    if (this.#successor === null) return;
    const { pid } = this.#successor;
    this.#successor = null;
    this.#cancelDeadline();
    this.#options.sharedSockets.claim();
    if (inProgress) return;
    const how = this.#killReason ?? `ended (${signal ?? `exit code ${code}`})`;
    if (!isRequested) {
      this.#fail(this.#killReason === null ? `process ${pid} ${how}` : `process ${pid} was killed: ${how}`);
    }
    void this.#announce(null, 0);
    this.#failedUpgrade = new FailedUpgrade({ ...this.#options, clock: this.#options.system.clock });
    this.tick();
  }

  /** Call it with every tick: resumes normal service when nothing is left of a successor that failed. */
  tick(): void {
    if (this.#failedUpgrade?.poll() !== true) return;
    this.#failedUpgrade = null;
    this.#options.steering.takeOver();
    // One that was killed has no time for it, and perhaps had no worker yet that does it.
    void removeAbandonedNowAndLater(this.#options.system);
  }

  #fail(reason: string): void {
    const { lifecycle, counters } = this.#options;
    counters.upgraded("failed");
    lifecycle.upgradeFailed(reason);
  }

  /** The server stops, so its successor must stop too. */
  cancel(): void {
    this.#isRequested = false;
    if (this.#isAnnouncing) void this.#announce(null, 0);
    this.#isAnnouncing = false;
    this.#successor?.kill("SIGTERM");
  }

  /** The successor has taken over. False if there is none. */
  complete(): boolean {
    if (this.#successor === null) return false;
    const { lifecycle } = this.#options;
    const { pid } = this.#successor;
    this.#cancelDeadline();
    this.forwarding.to(this.#successor);
    this.#successor = null;
    lifecycle.upgraded(pid);
    return true;
  }
}
