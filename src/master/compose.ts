/** Builds a master: all parts in one place, in the order in which they need each other. */

import { listenAddresses } from "../settings/listen_addresses.ts";
import { resolveCredentials } from "../account/credentials.ts";
import type { Log } from "../log/logger.ts";
import { fromDefault } from "../settings/values.ts";
import { formatAddress } from "../system/network/listen_error.ts";
import type { System, UnixListener } from "../system/system.ts";
import { Arbiter } from "./arbiter.ts";
import type { DirectoryGuard } from "./files/directory_guard.ts";
import type { RuntimeDirectory } from "./files/runtime_directory.ts";
import { shareLogs } from "./files/shared_logs.ts";
import { createGenerationSource, type SettingsReader } from "./generations/build_generation.ts";
import { Generations, type GenerationSource } from "./generations/generations.ts";
import { requireFree } from "./listeners/free_addresses.ts";
import { HeartbeatMonitor } from "./listeners/heartbeat_monitor.ts";
import { IdleFirst } from "./listeners/idle_first.ts";
import { ListenOrder } from "./listeners/listen_order.ts";
import type { SharedSockets } from "./listeners/shared_sockets.ts";
import { StallReporter } from "./listeners/stall_reporter.ts";
import { openSteering, type Steering } from "./listeners/steering.ts";
import { Autoscaler } from "./pool/autoscaler.ts";
import { Cron } from "./pool/cron.ts";
import { OldGenerations } from "./pool/old_generations.ts";
import { Recycling } from "./pool/recycling.ts";
import { RestartPolicy } from "./pool/restart_policy.ts";
import { WorkerPool } from "./pool/worker_pool.ts";
import { memoryStoreFolder, taskConfigFor } from "./tasks/task_config.ts";
import { TaskOwners } from "./tasks/task_owners.ts";
import { Tasks } from "./tasks/master_tasks.ts";
import { ServerCounters } from "./telemetry/counters.ts";
import { EventLog } from "./telemetry/event_log.ts";
import { LifecycleLog } from "./telemetry/lifecycle_log.ts";
import type { StatusSource } from "./telemetry/status.ts";
import type { Launch } from "./transitions/launch.ts";
import { Reload } from "./transitions/reload.ts";
import { Shutdown } from "./transitions/shutdown.ts";
import { Takeover } from "./transitions/takeover.ts";
import { Upgrade } from "./transitions/upgrade.ts";
import { WorkerEvents } from "./worker_events.ts";
import { EventQueue, type MasterEvent } from "./workers/events.ts";
import type { Generation } from "./workers/generation.ts";
import type { Scoreboard } from "./workers/scoreboard.ts";
import { ProcessGroups } from "./workers/process_groups.ts";
import { Spawner, type StartWorkerProcess, workerProcessStarter } from "./workers/spawner.ts";
import { acceptChannels } from "./workers/worker_channels.ts";
import { WorkerTable } from "./workers/worker_table.ts";
import { endWorkerProcess, type WorkerProcess } from "./workers/worker_process.ts";

interface MasterOptions {
  readonly log: Log;
  readonly reader: SettingsReader;
  readonly directory: RuntimeDirectory;
  readonly directoryGuard: DirectoryGuard;
  readonly launch: Launch;
  readonly scoreboard: Scoreboard;
  readonly sharedSockets: SharedSockets;
  /** Started already, in slot 0; `null` if no worker was. */
  readonly firstWorker: WorkerProcess | null;
  /** Where the master answers commands; `null` while it does not. */
  readonly controlSocket: () => string | null;
}

interface Master extends ArbiterWithStatus {
  /** `null` in a master that was not started by an upgrade. */
  readonly takeover: Takeover | null;
}

/**
 * A master with everything it needs from the system to start workers: steering, the worker channels, and
 * during an upgrade the listeners of the old master. Throws DenicornError.
 */
export async function composeMaster(system: System, options: MasterOptions): Promise<Master> {
  const {
    log,
    reader,
    directory,
    directoryGuard,
    launch,
    scoreboard,
    sharedSockets,
    firstWorker,
    controlSocket,
  } = options;
  const { settings, origins } = reader.initial;
  const isBindDefault = origins.bind === fromDefault && settings.bind.length > 0;
  const credentials = resolveCredentials(system, settings);
  const steering = openSteering(system, log.logger, settings.steering, directory.fdInbox);
  directory.share(credentials);
  shareLogs(system, settings, credentials);
  if (settings.taskStore.kind === "memory") directory.giveFolder(memoryStoreFolder, credentials);
  const takeover = launch.oldMaster === null ? null : await Takeover.begin({
    ...{ system, logger: log.logger, oldMaster: launch.oldMaster, steering },
    shareInbox: () => directory.shareInbox(credentials),
  }, { ...settings, bind: listenAddresses(settings), isBindDefault });
  const workerTable = new WorkerTable();
  const taskTable = new WorkerTable();
  const { arbiter, statusSource } = composeArbiter({
    ...{
      system,
      log,
      launch,
      workerTable,
      taskTable,
      steering,
      scoreboard,
      sharedSockets,
      firstWorker,
      takeover,
    },
    controlSocket,
    startProcess: workerProcessStarter({
      ...{
        system,
        logger: log.logger,
        credentials,
        scoreboard,
        requireSockets: () => sharedSockets.require(),
        directoryGuard,
        channelPath: directory.channelSocket,
      },
    }),
    source: createGenerationSource(system, log.logger, reader, directory, credentials, directoryGuard),
    first: { number: 1, settings, notApplied: [], directory: reader.initial.directory, bundle: null },
    isBindDefault,
    runtimeDirectory: directory.path,
  });
  takeover?.onRetirement((late) => arbiter.post({ type: "command", begin: () => arbiter.catchUp(late) }));
  const accept = (channels: UnixListener) =>
    void acceptChannels(channels, {
      get expected() {
        return workerTable.expected + taskTable.expected;
      },
      identify: (token) => workerTable.redeem(token) ?? taskTable.redeem(token),
      connected: (worker, connection, version) =>
        arbiter.post({ type: "connected", worker, connection, version }),
      message: (worker, message) => arbiter.post({ type: "message", worker, message }),
      malformed: (worker, reason) => {
        // At once, because its channel closes before the event is handled: it would log that it finishes.
        worker.process.kill("SIGKILL");
        arbiter.post({ type: "malformed", worker, reason });
      },
      disconnected: () => arbiter.post({ type: "disconnected" }),
    }, system.clock);
  accept(directory.channels);
  directoryGuard.keep(() => directory.channelSocket, () => {
    accept(directory.listenAgain());
    directory.share(credentials);
  });
  directoryGuard.keep(() => steering.fdInbox, () => {
    steering.reopen();
  });
  return { arbiter, statusSource, takeover };
}

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
  readonly controlSocket: () => string | null;
  readonly startProcess: StartWorkerProcess;
  readonly source: GenerationSource;
  /** Generation 1, not built yet. */
  readonly first: Generation;
  /** No source sets `bind`: programs may say where they listen. */
  readonly isBindDefault: boolean;
  readonly runtimeDirectory: string;
}

interface ArbiterWithStatus {
  readonly arbiter: Arbiter;
  readonly statusSource: StatusSource;
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
  } = options;
  const { clock } = system;
  const { logger } = log;
  const queue = new EventQueue();
  const post = (event: MasterEvent) => queue.post(event);
  const wake = () => post({ type: "wake" });
  const eventLog = new EventLog(clock);
  const lifecycle = new LifecycleLog(logger, eventLog, scoreboard, clock);
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
    tasksFor: (worker) => taskConfigFor(system.host, taskOwners, options.runtimeDirectory, worker),
    isSteering: () => steering.isOn,
    sharedResources: () => ({
      ...listenOrder.places,
      unixSockets: sharedSockets.open,
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
  const idleFirst = new IdleFirst({ clock, scoreboard, steering });
  const restartPolicy = new RestartPolicy({ system, lifecycle, counters, wake });
  const oldGenerations = new OldGenerations({ clock, logger, workerTable, generations });
  const pool = new WorkerPool({
    ...{ system, lifecycle, workerTable, generations, spawner, restartPolicy, oldGenerations },
    ...{ steering, sharedSockets, heartbeatMonitor, counters, scoreboard },
    inherited: takeover?.inherited,
    onFailedSpawn: (generation, failure) => workerEvents.failBoot(generation, () => failure),
  });
  const recycling = new Recycling({ system, logger, workerTable, scoreboard, lifecycle, counters });
  const autoscaler = new Autoscaler({
    ...{ system, logger, lifecycle, workerTable, scoreboard, steering, heartbeatMonitor, generations, pool },
    listenOrder,
  });
  const reload = new Reload({ clock, log, lifecycle, generations, workerTable, pool, counters });
  const shutdown = new Shutdown({
    ...{ clock, lifecycle, workerTable, taskTable, steering, sharedSockets, heartbeatMonitor, wake },
    settings: () => generations.serving.settings,
  });
  const workerEvents: WorkerEvents = new WorkerEvents({
    ...{ clock, workerTable, scoreboard, lifecycle, restartPolicy, listenOrder, counters },
    ...{ generations, pool, reload, shutdown },
    handleTaskMessage: (worker, message) => tasks.events.handleTaskMessage(worker, message),
    isUsed: (generation) => workerTable.uses(generation) || taskTable.uses(generation),
    requireFree: options.isBindDefault && takeover === null
      ? (addresses) => requireFree(system, logger, { ...first.settings, bind: addresses })
      : null,
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
    ...{ listenOrder, heartbeatMonitor, post },
  });
  const arbiter = new Arbiter({
    ...{ system, log, queue, workerTable, processGroups, spawner, workerEvents, generations, counters },
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
      restartPolicy,
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
      return [...listenOrder.addresses.map(formatAddress), ...sharedSockets.texts];
    },
    get backlog() {
      return steering.backlog;
    },
    tasks,
  };
  return { arbiter, statusSource };
}
