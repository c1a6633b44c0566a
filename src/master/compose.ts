/** Builds the parts of a master, in the order in which they need each other. */

import { listenAddresses } from "../settings/listen_addresses.ts";
import type { CountedBefore } from "../core/telemetry/counted_before.ts";
import type { Log } from "../log/logger.ts";
import { formatAddress } from "../system/network/listen_error.ts";
import type { System } from "../system/system.ts";
import { Arbiter } from "./arbiter.ts";
import { WorkerDesk } from "./commands/worker_desk.ts";
import { Generations, type GenerationSource } from "./generations/generations.ts";
import { requireFree } from "./listeners/free_addresses.ts";
import type { MasterHooks } from "./hooks/master_hooks.ts";
import { HeartbeatMonitor } from "./listeners/heartbeat_monitor.ts";
import { IdleFirst } from "./listeners/idle_first.ts";
import { ListenOrder } from "./listeners/listen_order.ts";
import type { SharedSockets } from "./listeners/shared_sockets.ts";
import { StallReporter } from "./listeners/stall_reporter.ts";
import type { Steering } from "./listeners/steering.ts";
import { Autoscaler } from "./pool/autoscaler.ts";
import { CoreAffinity } from "./pool/core_affinity.ts";
import { Cron } from "./pool/cron.ts";
import { OldGenerations } from "./pool/old_generations.ts";
import { Recycling } from "./pool/recycling.ts";
import { RestartPolicy } from "./pool/restart_policy.ts";
import { WorkerPool } from "./pool/worker_pool.ts";
import { taskConfigFor } from "./tasks/task_config.ts";
import { TaskOwners } from "./tasks/task_owners.ts";
import { Tasks } from "./tasks/master_tasks.ts";
import { ServerCounters } from "./telemetry/counters.ts";
import { EventLog } from "./telemetry/event_log.ts";
import { LifecycleLog } from "./telemetry/lifecycle_log.ts";
import type { StatusSource } from "./telemetry/status.ts";
import type { Launch } from "./transitions/launch.ts";
import { Reload } from "./transitions/reload.ts";
import { Shutdown } from "./transitions/shutdown.ts";
import type { Takeover } from "./transitions/takeover.ts";
import { Upgrade } from "./transitions/upgrade.ts";
import { WorkerEvents } from "./worker_events.ts";
import { EventQueue, type MasterEvent } from "./workers/events.ts";
import type { Generation } from "./workers/generation.ts";
import type { Scoreboard } from "./workers/scoreboard.ts";
import { ProcessGroups } from "./workers/process_groups.ts";
import type { MasterLink } from "./channels/master_link.ts";
import { Spawner, type StartWorkerProcess } from "./workers/spawner.ts";
import type { ThreadHosts } from "./workers/thread_hosts.ts";
import type { WorkerTable } from "./workers/worker_table.ts";
import { endWorkerProcess, type WorkerProcess } from "./workers/worker_process.ts";

interface ArbiterOptions {
  readonly system: System;
  readonly log: Log;
  readonly launch: Launch;
  readonly workerTable: WorkerTable;
  /** Of the workers that run tasks. */
  readonly taskTable: WorkerTable;
  readonly steering: Steering;
  readonly scoreboard: Scoreboard;
  readonly sharedSockets: SharedSockets;
  /** As in `MasterOptions`. */
  readonly firstWorker: WorkerProcess | null;
  readonly takeover: Takeover | null;
  /** `null` without channel-url. */
  readonly otherMachines: StatusSource["channels"];
  readonly controlSocket: () => string | null;
  readonly offerLink: () => MasterLink | null;
  readonly startProcess: StartWorkerProcess;
  readonly threadHosts: ThreadHosts;
  /** Those that workers are given; `null`: they run where the kernel wants. */
  readonly cores: readonly number[] | null;
  readonly hooks: MasterHooks;
  readonly source: GenerationSource;
  /** Generation 1, not built yet. */
  readonly first: Generation;
  /** No source sets `bind`: programs may say where they listen. */
  readonly isBindDefault: boolean;
  readonly runtimeDirectory: string;
  /** Nobody else gets the addresses of the setting until then. */
  readonly leaveAddresses: () => void;
}

export interface ArbiterWithStatus {
  readonly arbiter: Arbiter;
  readonly statusSource: StatusSource;
  /** What an old master has counted counts here, too; given again, it replaces what was given before. */
  carryOn(before: CountedBefore): void;
}

/** Builds the parts that use only the interfaces of the system, so that tests can build a master, too. */
export function composeArbiter(options: ArbiterOptions): ArbiterWithStatus {
  const {
    system,
    log,
    first,
    source,
    workerTable,
    taskTable,
    steering,
    scoreboard,
    sharedSockets,
    firstWorker,
    takeover,
    hooks,
  } = options;
  const { clock } = system;
  const { logger } = log;
  const queue = new EventQueue();
  const post = (event: MasterEvent) => queue.post(event);
  const wake = () => post({ type: "wake" });
  const eventLog = new EventLog(clock);
  const lifecycle = new LifecycleLog(log, eventLog, scoreboard, clock);
  const counters = new ServerCounters(system, scoreboard);
  const generations = new Generations(first, source, post);
  const listenOrder = new ListenOrder(clock, steering, {
    bind: listenAddresses(first.settings),
    isBindDefault: options.isBindDefault,
    inForce: takeover?.addresses ?? null,
  });
  const processGroups = new ProcessGroups({ system, logger, wake });
  const taskOwners = new TaskOwners(system.host, clock);
  const spawner = new Spawner({
    ...{ ...options, role: "requests", post },
    ...hooks.forSpawner("requests"),
    tasksFor: (worker) => taskConfigFor(system.host, taskOwners, options.runtimeDirectory, worker),
    isSteering: () => steering.isOn,
    sharedResources: () => ({
      ...listenOrder.places,
      sharedSockets: sharedSockets.open,
      scoreboard: scoreboard.descriptor,
      runtimeDirectory: options.runtimeDirectory,
    }),
  });
  if (firstWorker !== null) {
    // An app would pass a pair that nobody asks for on to its processes.
    if (steering.isOn === (firstWorker.fdPair !== null)) spawner.adopt(0, first, firstWorker);
    else endWorkerProcess(firstWorker);
  }
  const heartbeatMonitor = new HeartbeatMonitor(clock, workerTable, scoreboard);
  const stallReporter = new StallReporter({ clock, workerTable, scoreboard, heartbeatMonitor, lifecycle });
  const idleFirst = new IdleFirst({
    ...{ clock, scoreboard, steering },
    workerClass: () => generations.serving.settings.workerClass,
  });
  const restartPolicy = new RestartPolicy({ system, lifecycle, counters, wake });
  const oldGenerations = new OldGenerations({ clock, logger, workerTable, generations });
  const pool = new WorkerPool({
    ...{ system, lifecycle, workerTable, generations, spawner, restartPolicy, oldGenerations },
    ...{ steering, sharedSockets, heartbeatMonitor, counters, scoreboard, hooks },
    inherited: takeover?.inherited,
    onFailedSpawn: (generation, failure) => workerEvents.failBoot(generation, () => failure),
  });
  const coreAffinity = new CoreAffinity({ system, logger, workerTable, cores: options.cores });
  const recycling = new Recycling({ system, logger, workerTable, scoreboard, lifecycle, counters });
  const autoscaler = new Autoscaler({
    ...{ system, logger, lifecycle, workerTable, scoreboard, steering, heartbeatMonitor, generations, pool },
    ...{ listenOrder, sharedSockets },
  });
  const reload = new Reload({
    ...{ clock, log, lifecycle, generations, workerTable, pool, counters },
    onFailure: ({ message, detail }) => {
      if (!first.settings.watch) return;
      const reason = detail === undefined ? message : `${message}\n${detail}`;
      workerTable.forEach((worker) => void worker.send({ type: "app-broken", reason }));
    },
  });
  const shutdown = new Shutdown({
    ...{ clock, lifecycle, workerTable, taskTable, steering, sharedSockets, heartbeatMonitor, wake },
    settings: () => generations.serving.settings,
  });
  const workerDesk = new WorkerDesk(clock, workerTable);
  const workerEvents: WorkerEvents = new WorkerEvents({
    ...{ clock, workerTable, scoreboard, lifecycle, restartPolicy, listenOrder, counters },
    ...{ generations, pool, reload, shutdown },
    handleTaskMessage: (worker, message) => tasks.events.handleTaskMessage(worker, message),
    described: (worker, number, description) => workerDesk.answered(worker, number, description),
    isUsed: (generation) => workerTable.uses(generation) || taskTable.uses(generation),
    requireFree: options.isBindDefault && takeover === null
      ? (addresses) => requireFree(system, logger, { ...first.settings, bind: addresses })
      : null,
    leaveAddresses: options.leaveAddresses,
    post,
  });
  const tasks: Tasks = new Tasks({
    ...{ ...options, lifecycle, counters, generations, post },
    isStopping: () => shutdown.inProgress,
    isDrained: () => pool.target === 0,
  }, taskOwners);
  const cron = new Cron({ clock, workerTable, generations }, takeover === null);
  void takeover?.released.then(() => post({ type: "command", begin: () => cron.takeOver() }));
  const upgrade = new Upgrade({
    ...{ ...options, logger, lifecycle, counters, generations, pool, restartPolicy, reload },
    ...{ listenOrder, heartbeatMonitor, hooks, post },
  });
  void eventLog.onceComplete().then(() => hooks.tell("whenReady", generations.serving.number));
  const arbiter = new Arbiter({
    ...{
      system,
      log,
      queue,
      workerTable,
      processGroups,
      spawner,
      workerEvents,
      generations,
      counters,
      hooks,
    },
    ...{
      eventLog,
      lifecycle,
      steering,
      sharedSockets,
      listenOrder,
      heartbeatMonitor,
      stallReporter,
      idleFirst,
      pool,
      coreAffinity,
      restartPolicy,
      workerDesk,
    },
    ...{ cron, tasks, recycling, autoscaler, reload, shutdown, upgrade, takeover },
  });
  const statusSource: StatusSource = {
    ...{ workerTable, scoreboard, counters, eventLog, heartbeats: heartbeatMonitor },
    startedAt: clock.wall(),
    get phase() {
      return arbiter.phase;
    },
    get oldMaster() {
      return takeover?.inProgress === true ? takeover.oldMaster : null;
    },
    get target() {
      return pool.target;
    },
    get spares() {
      return pool.spares;
    },
    get generation() {
      return generations.serving.number;
    },
    get app() {
      return generations.serving.settings.app ?? "";
    },
    get addresses() {
      return [...listenOrder.addresses.map(formatAddress), ...sharedSockets.texts()];
    },
    get backlog() {
      const { backlog } = steering;
      return backlog === null ? null : backlog + sharedSockets.waiting;
    },
    tasks,
    channels: options.otherMachines,
  };
  const carryOn = (before: CountedBefore) => {
    counters.carryOn(before);
    tasks.statistics.carryOn(before.tasks);
    options.otherMachines?.carryOn(before.channels);
  };
  return { arbiter, statusSource, carryOn };
}
