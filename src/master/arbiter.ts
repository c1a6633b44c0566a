/**
 * The master's loop. Events arrive one at a time, each is handled without waiting, and after each the pool is brought
 * one step closer to the target. Decisions are made in `core/`; the parts of the master carry them out.
 */

import { urlOf } from "../settings/listen_addresses.ts";
import type {
  Handover,
  LateChanges,
  MasterCommands,
  TaskAccess,
  WorkerAccess,
} from "../control/master_commands.ts";
import { type DenicornError, toDenicornError } from "../core/errors.ts";
import type { QueuedCommand } from "../core/operator_commands.ts";
import type { MasterPhase } from "../core/telemetry/status.ts";
import type { Log } from "../log/logger.ts";
import type { NotAppliedSetting } from "../settings/resolve.ts";
import type { Settings } from "../settings/settings.ts";
import { threadsPerProcess } from "../settings/worker_range.ts";
import type { ExitStatus, System } from "../system/system.ts";
import type { WorkerDesk } from "./commands/worker_desk.ts";
import { dispatchSignal } from "./commands/master_signals.ts";
import type { Generations } from "./generations/generations.ts";
import { hookExitOf, hookWorkerOf } from "./hooks/hook_values.ts";
import type { MasterHooks } from "./hooks/master_hooks.ts";
import type { HeartbeatMonitor } from "./listeners/heartbeat_monitor.ts";
import type { IdleFirst } from "./listeners/idle_first.ts";
import type { ListenOrder } from "./listeners/listen_order.ts";
import type { StallReporter } from "./listeners/stall_reporter.ts";
import type { SharedSockets } from "./listeners/shared_sockets.ts";
import type { Steering } from "./listeners/steering.ts";
import type { Autoscaler } from "./pool/autoscaler.ts";
import type { CoreAffinity } from "./pool/core_affinity.ts";
import type { Cron } from "./pool/cron.ts";
import type { Recycling } from "./pool/recycling.ts";
import type { RestartPolicy } from "./pool/restart_policy.ts";
import type { WorkerPool } from "./pool/worker_pool.ts";
import type { ServerCounters } from "./telemetry/counters.ts";
import type { EventLog } from "./telemetry/event_log.ts";
import type { LifecycleLog } from "./telemetry/lifecycle_log.ts";
import type { Tasks } from "./tasks/master_tasks.ts";
import type { Reload } from "./transitions/reload.ts";
import type { Shutdown } from "./transitions/shutdown.ts";
import type { Takeover } from "./transitions/takeover.ts";
import type { Upgrade } from "./transitions/upgrade.ts";
import type { WorkerEvents } from "./worker_events.ts";
import type { EventQueue, MasterEvent } from "./workers/events.ts";
import type { ProcessGroups } from "./workers/process_groups.ts";
import type { Spawner } from "./workers/spawner.ts";
import type { WorkerHandle } from "./workers/worker_handle.ts";
import type { WorkerTable } from "./workers/worker_table.ts";

/** Everything the loop calls; `compose.ts` builds it. */
interface ArbiterParts {
  readonly system: System;
  readonly log: Log;
  readonly queue: EventQueue;
  readonly workerTable: WorkerTable;
  readonly processGroups: ProcessGroups;
  readonly spawner: Spawner;
  readonly workerEvents: WorkerEvents;
  readonly workerDesk: WorkerDesk;
  readonly hooks: MasterHooks;
  readonly generations: Generations;
  readonly counters: ServerCounters;
  readonly eventLog: EventLog;
  readonly lifecycle: LifecycleLog;
  readonly steering: Steering;
  readonly sharedSockets: SharedSockets;
  readonly listenOrder: ListenOrder;
  readonly heartbeatMonitor: HeartbeatMonitor;
  readonly stallReporter: StallReporter;
  readonly idleFirst: IdleFirst;
  readonly pool: WorkerPool;
  readonly coreAffinity: CoreAffinity;
  readonly restartPolicy: RestartPolicy;
  readonly cron: Cron;
  readonly tasks: Tasks;
  readonly recycling: Recycling;
  readonly autoscaler: Autoscaler;
  readonly reload: Reload;
  readonly shutdown: Shutdown;
  readonly upgrade: Upgrade;
  /** The upgrade that started this master; `null` if no upgrade started it. */
  readonly takeover: Takeover | null;
}

const tickInterval = 250;

export class Arbiter implements MasterCommands {
  readonly #parts: ArbiterParts;
  readonly #finished = Promise.withResolvers<DenicornError | null>();

  constructor(parts: ArbiterParts) {
    this.#parts = parts;
  }

  /** Runs until the server has stopped and every worker is reaped. Resolves with the error that ended it, if any. */
  run(): Promise<DenicornError | null> {
    const {
      system,
      queue,
      generations,
      lifecycle,
      restartPolicy,
      heartbeatMonitor,
      stallReporter,
      idleFirst,
      processGroups,
      tasks,
    } = this.#parts;
    const settings = () => generations.serving.settings;
    const stopTicks = system.clock.every(tickInterval, () => this.post({ type: "tick" }));
    // Heartbeats are polled more often than the ticks come, so only a change becomes an event.
    const stopPolls = heartbeatMonitor.start(settings, (changed) => {
      stallReporter.report(settings().slowRequest);
      idleFirst.polled();
      if (changed) this.post({ type: "heartbeats-changed" });
    });
    const stopReaping = processGroups.start();
    lifecycle.building();
    void generations.buildFirst();
    this.post({ type: "tick" });
    queue.run((event) => {
      this.#handle(event);
      this.#reconcile();
    });
    return this.#finished.promise.finally(() => {
      stopTicks();
      stopPolls();
      idleFirst.stop();
      stopReaping();
      processGroups.reportAdopted();
      restartPolicy.cancel();
      tasks.end();
    });
  }

  post(event: MasterEvent): void {
    this.#parts.queue.post(event);
  }

  /** Resolves when the first worker is ready. */
  get firstReady(): Promise<void> {
    return this.#parts.workerEvents.firstReady;
  }

  get target(): number {
    return this.#parts.pool.target;
  }

  get workersPerProcess(): number {
    return threadsPerProcess(this.settings, this.#parts.system.host.cores());
  }

  get generation(): number {
    return this.#parts.generations.serving.number;
  }

  /** The settings in force. */
  get settings(): Settings {
    return this.#parts.generations.serving.settings;
  }

  get notApplied(): readonly NotAppliedSetting[] {
    return this.#parts.generations.serving.notApplied;
  }

  get eventLog(): EventLog {
    return this.#parts.eventLog;
  }

  get tasks(): TaskAccess {
    return this.#parts.tasks.desk;
  }

  get workers(): WorkerAccess {
    return this.#parts.workerDesk;
  }

  get phase(): MasterPhase {
    const { reload, upgrade, shutdown, workerEvents } = this.#parts;
    if (shutdown.isRetirement) return "retiring";
    if (shutdown.isRequested) return "stopping";
    if (!workerEvents.everReady || this.#isSuccessor) return "starting";
    if (upgrade.inProgress) return "upgrading";
    return reload.inProgress ? "reloading" : "running";
  }

  /** Another master serves until this one takes over. */
  get #isSuccessor(): boolean {
    return this.#parts.takeover?.isWaiting === true;
  }

  /** The pool matches the target and no reload is in progress. */
  get #isComplete(): boolean {
    return !this.#parts.reload.inProgress && this.#parts.pool.isComplete;
  }

  #handle(event: MasterEvent): void {
    const { system, spawner, workerTable, workerEvents, tasks, reload, upgrade, shutdown } = this.#parts;
    switch (event.type) {
      case "signal":
        return dispatchSignal(event.signal, this, system.host);
      case "connected":
        event.worker.connect(event.connection);
        spawner.checkVersion(event.version);
        return (event.worker.role === "tasks" ? tasks.spawner : spawner).sendConfig(event.worker);
      case "message":
        return this.#eventsOf(event.worker).handleMessage(event.worker, event.message);
      case "malformed":
        return this.#eventsOf(event.worker).distrust(event.worker, event.reason);
      case "exit":
        return this.#handleExit(event.worker, event.status);
      case "built":
        reload.built(event.generation, event.bundle);
        return workerTable.forEach((worker) => spawner.sendConfig(worker));
      case "build-failed":
        if (!workerEvents.everReady) return shutdown.halt(event.error);
        return reload.failBuild(event.number, event.error);
      case "successor-ended":
        return upgrade.end(event.status, shutdown);
      case "retire":
        return this.#retire();
      case "command":
        return event.begin();
      case "disconnected":
      case "heartbeats-changed":
        return this.#autoscale();
      case "wake":
        return shutdown.tick();
      case "tick":
        return this.#tick();
    }
  }

  /** What follows from what a worker says, by what it is for. */
  #eventsOf({ role }: WorkerHandle): WorkerEvents | Tasks["events"] {
    return role === "tasks" ? this.#parts.tasks.events : this.#parts.workerEvents;
  }

  #handleExit(worker: WorkerHandle, status: ExitStatus): void {
    void this.#parts.hooks.tell(
      "childExit",
      worker.generation.number,
      hookWorkerOf(worker),
      hookExitOf(worker, status),
    );
    this.#eventsOf(worker).handleExit(worker, status);
    this.#parts.tasks.events.gone(worker);
    this.#parts.workerDesk.gone(worker);
    this.#parts.processGroups.handleExit(worker);
  }

  #tick(): void {
    const {
      system,
      takeover,
      upgrade,
      shutdown,
      steering,
      listenOrder,
      workerTable,
      workerEvents,
      recycling,
      tasks,
    } = this.#parts;
    takeover?.tick();
    upgrade.tick();
    shutdown.tick();
    listenOrder.tick();
    steering.tick(this.settings.bootTimeout);
    workerEvents.tick();
    this.#autoscale();
    workerTable.tick(system.clock.monotonic(), tickInterval);
    const isRunning = this.phase === "running";
    if (isRunning) recycling.poll(this.settings, this.#parts.pool.size);
    tasks.tick(tickInterval, this.settings, isRunning);
  }

  #autoscale(): void {
    if (!this.#isSuccessor) this.#parts.autoscaler.poll(this.phase);
  }

  /** One step towards what is wanted. */
  #reconcile(): void {
    const {
      workerTable,
      processGroups,
      steering,
      sharedSockets,
      heartbeatMonitor,
      cron,
      tasks,
      pool,
      reload,
      upgrade,
      shutdown,
    } = this.#parts;
    if (shutdown.inProgress) {
      const size = workerTable.size + tasks.workerTable.size;
      if (size === 0 && processGroups.isIdle) this.#finished.resolve(shutdown.fault);
      return;
    }
    this.#parts.coreAffinity.reconcile();
    if (upgrade.inProgress) {
      cron.reconcile();
      upgrade.reconcile();
      const eligible = heartbeatMonitor.eligible();
      steering.update(eligible, this.target > 0);
      return sharedSockets.update(eligible, workerTable.serving());
    }
    pool.reconcile();
    reload.reconcile();
    cron.reconcile();
    this.#takeOver();
    if (this.#parts.workerEvents.everReady && !this.#isSuccessor) {
      tasks.pool.reconcile();
      reload.startIfRequested();
    }
    if (this.#isComplete) this.#reportComplete();
    upgrade.startIfPossible();
  }

  #reportComplete(): void {
    const { lifecycle, counters, listenOrder, sharedSockets, pool, generations } = this.#parts;
    const { settings } = generations.serving;
    lifecycle.complete(
      pool,
      this.generation,
      [
        ...listenOrder.addresses.map((address) => urlOf(address, settings)),
        ...sharedSockets.texts((address) => urlOf(address, settings)),
      ],
    );
    counters.generationComplete(this.generation);
  }

  #takeOver(): void {
    const { takeover, lifecycle, heartbeatMonitor, counters } = this.#parts;
    takeover?.reconcile(this.#isComplete, heartbeatMonitor.eligible().size > 0, (oldMaster) => {
      counters.upgraded("succeeded");
      lifecycle.tookOver(oldMaster);
    });
  }

  reload(): void {
    const { log, reload, shutdown, upgrade } = this.#parts;
    if (shutdown.isRequested) return upgrade.forwarding.reload();
    reload.request();
    if (upgrade.inProgress || this.#isSuccessor) {
      log.logger.info("reload: waiting for the upgrade in progress");
    }
  }

  scale(target: number): void {
    const { shutdown, upgrade, pool } = this.#parts;
    if (!shutdown.isRequested) return pool.request(target);
    if (target > 0) upgrade.forwarding.scale(target - pool.target);
  }

  recycle(slot: number): void {
    this.#parts.recycling.request(slot, this.phase);
  }

  allowed(target: number): number {
    return this.#parts.pool.allowed(target);
  }

  upgrade(): void {
    if (!this.#parts.shutdown.isRequested) this.#parts.upgrade.request();
  }

  get upgradeWaitsFor(): string | null {
    return this.#parts.upgrade.waitsFor;
  }

  /** Why the command cannot begin now; `null` if it can. */
  objectionTo(command: QueuedCommand): string | null {
    const { shutdown, upgrade } = this.#parts;
    if (shutdown.isRequested) return "the server is stopping";
    return command === "upgrade" ? upgrade.objection : upgrade.inProgressText;
  }

  get lateChanges(): LateChanges {
    return this.#parts.upgrade.forwarding.lateChanges;
  }

  /** Does what operators asked of the old master after this one had started. */
  catchUp({ target, areLogsReopened = false }: Partial<LateChanges>): void {
    // The old master of an upgrade by hand, as with nginx, gets WINCH; here its workers drain anyway.
    if (target !== undefined && target > 0) this.#parts.pool.inherit(target);
    if (areLogsReopened) this.reopenLogs();
  }

  /** What a successor needs to take over from this master. Throws if none is expected. */
  handOver(fdInbox: string | null): Handover {
    return this.#parts.upgrade.handOver(fdInbox);
  }

  reopenLogs(): DenicornError | null {
    const { log, generations, workerTable, upgrade } = this.#parts;
    let failure = log.reopen();
    if (failure === null) log.logger.info("logs reopened");
    try {
      generations.shareLogs();
    } catch (error) {
      // That of the error log is known already.
      if (failure === null) log.logger.error`${toDenicornError(error).message}`;
      failure ??= toDenicornError(error);
    }
    workerTable.forEach((worker) => worker.send({ type: "reopen" }));
    upgrade.forwarding.logsReopened();
    return failure;
  }

  /** The second request for a graceful stop makes it a quick one. */
  stop(how: "graceful" | "quick"): void {
    const { upgrade, shutdown, workerEvents } = this.#parts;
    upgrade.cancel();
    const serves = workerEvents.everReady && !this.#isSuccessor;
    shutdown.stop(how, serves ? this.settings.shutdownDelay : 0);
  }

  #retire(): void {
    const { upgrade, shutdown, reload } = this.#parts;
    if (shutdown.isRequested || !upgrade.complete()) return;
    if (reload.isRequested) upgrade.forwarding.reload();
    shutdown.retire();
  }
}
