/** Opens everything a master needs, runs its loop, and closes everything at the end. */

import { listenAddresses } from "../settings/listen_addresses.ts";
import { resolveCredentials } from "../account/credentials.ts";
import { takeCounters } from "../control/control_client.ts";
import type { Events, RunningMaster } from "../control/master_commands.ts";
import { type DenicornError, errorText, ExitCode, toDenicornError } from "../core/errors.ts";
import { signalMeanings } from "../core/signals.ts";
import { otlpTarget } from "../core/telemetry/otlp_target.ts";
import { countedBefore } from "../core/telemetry/counted_before.ts";
import type { Status } from "../core/telemetry/status.ts";
import { type Log, openLog } from "../log/logger.ts";
import type { Settings } from "../settings/settings.ts";
import { fromDefault } from "../settings/values.ts";
import { sleep } from "../system/clock.ts";
import { lazyModule } from "../system/lazy_module.ts";
import type { System } from "../system/system.ts";
import { adminAccess, AdminAddress } from "./commands/admin_address.ts";
import { ControlSocket, isControlSocketChosen } from "./commands/control_socket.ts";
import type { ControllingTerminal } from "./commands/controlling_terminal.ts";
import type { EarlySignals } from "./commands/master_signals.ts";
import { OperationQueue } from "./commands/operation_queue.ts";
import { openMaster } from "./open_master.ts";
import { DirectoryGuard } from "./files/directory_guard.ts";
import { orReport } from "./files/directory_failure.ts";
import { lastStatusIn, leaveStatus, takeLastStatus } from "./files/last_status.ts";
import { writePidfile } from "./files/pidfile.ts";
import { type RuntimeDirectory, unusablePlaces } from "./files/runtime_directory.ts";
import type { SettingsReader } from "./generations/build_generation.ts";
import type { MasterHooks } from "./hooks/master_hooks.ts";
import { requireFree } from "./listeners/free_addresses.ts";
import { SharedSockets } from "./listeners/shared_sockets.ts";
import { preloadModules } from "./preload.ts";
import type { Preparation } from "./preparation.ts";
import { HistoryKeeper } from "./telemetry/history.ts";
import { notifyServiceManager } from "./telemetry/service_manager.ts";
import { startLine } from "./telemetry/start_line.ts";
import { StandingCounters } from "./telemetry/standing_counters.ts";
import { sendToStatsd } from "./telemetry/statsd.ts";
import { ownStatusOf, statusWithProcesses } from "./telemetry/status.ts";
import { reportActivation } from "./transitions/activation.ts";
import type { Launch } from "./transitions/launch.ts";

const otlp = lazyModule(() => import("./telemetry/otlp.ts"));

interface RunMasterOptions {
  /** Reads the settings again for every reload. */
  readonly reader: SettingsReader;
  readonly directory: RuntimeDirectory;
  readonly launch: Launch;
  readonly preparation: Preparation;
  readonly signals: EarlySignals;
  readonly terminal: ControllingTerminal;
  /** Called when all workers are ready for the first time. */
  readonly isReady?: () => void;
  /** Collects what must be closed at the end. */
  readonly cleanup: DisposableStack;
}

/**
 * Serves until a signal or a command stops the server. Throws DenicornError for what goes wrong before the first
 * worker starts.
 */
export async function runMaster(
  system: System,
  { reader, directory, launch, preparation, signals, terminal, isReady, cleanup }: RunMasterOptions,
): Promise<ExitCode> {
  const { host } = system;
  const { settings } = reader.initial;
  const { oldMaster } = launch;
  const log = openLog(system, settings, { pid: host.pid }, resolveCredentials(system, settings));
  const warn = (line: string) => log.logger.warning`${line}`;
  unusablePlaces(system).forEach(warn);
  for (const { level, text } of preparation.lines) log.logger[level]`${text}`;
  reportActivation(log.logger, launch.activation, reader.initial);
  directory.reportTo(warn);
  const directoryGuard = new DirectoryGuard(system, log.logger, directory);
  cleanup.defer(directoryGuard.start());
  const access = adminAccess(system, settings);
  const credentials = resolveCredentials(system, settings);
  const sharedSockets = new SharedSockets(system, log.logger, settings, credentials);
  cleanup.defer(() => sharedSockets.refuse());
  let leaveAddresses = () => {};
  cleanup.defer(() => leaveAddresses());
  if (oldMaster === null) {
    // A program may listen elsewhere: then it is known when the first worker has loaded it.
    if (reader.initial.origins.bind !== fromDefault) {
      leaveAddresses = await requireFree(system, log.logger, {
        ...settings,
        bind: listenAddresses(settings),
      });
    }
    await sharedSockets.openAtStart();
    claimPidfile(system, log, settings, null, cleanup);
  } else {
    sharedSockets.adopt(oldMaster.unixSockets ?? [], oldMaster.inheritedSockets ?? []);
  }
  let control: ControlSocket | null = null;
  const { arbiter, statusSource, carryOn, takeover, hooks, finishChannels } = await openMaster(system, {
    ...{ log, reader, directory, directoryGuard, launch },
    ...{ scoreboard: preparation.scoreboard, sharedSockets, firstWorker: preparation.firstWorker },
    ...{ firstHost: preparation.firstHost, leaveAddresses },
    // A successor connects there to ask for the listeners.
    controlSocket: () => control?.path ?? null,
  });
  cleanup.defer(() => hooks.kill());
  await hooks.ask("onStarting", arbiter.generation);
  void hooks.tell("nworkersChanged", arbiter.generation, arbiter.target, null);
  let lastStatus: string | null = null;
  const standing = new StandingCounters(system.clock);
  const liveStatus = () => statusWithProcesses(statusSource, system);
  const isMain = takeover?.released ?? Promise.resolve();
  const keeper = settings.adminBind === undefined ? null : new HistoryKeeper(statusSource, system, isMain);
  cleanup.defer(() => keeper?.close());
  const master: RunningMaster = {
    commands: arbiter,
    operations: new OperationQueue(arbiter),
    tasks: arbiter.tasks,
    workers: arbiter.workers,
    status: () => standing.of(liveStatus(), arbiter.phase),
    history: () => keeper?.history ?? { near: [], far: [] },
    handOverCounters() {
      const status = liveStatus();
      standing.stand(status);
      return status;
    },
    leaveStatusAt: (path) => lastStatus = path,
  };
  control = new ControlSocket({ system, logger: log.logger, settings, directory, directoryGuard, master });
  const admin = new AdminAddress(system, log.logger, settings, access, master);
  cleanup.defer(() => {
    control.close();
    admin.close();
  });
  const handedOver = whenUpgraded(
    arbiter.eventLog,
    () => Promise.all([control.handOver(), admin.handOver()]),
  );
  // During an upgrade the old master has a path that the operator chose, the admin address and the pidfile.
  const isControlChosen = isControlSocketChosen(settings);
  if (oldMaster === null || !isControlChosen) await control.open();
  if (oldMaster === null) await admin.open();
  let isAdminOpen = false;
  if (takeover !== null && oldMaster !== null) {
    const carry = (status: unknown) => {
      const before = countedBefore(status);
      if (before !== null) carryOn(before);
    };
    takeover.beforeRetirement(async () => {
      // Before anybody can read the counters of this master: none goes back.
      carry(await takeCounters(system, oldMaster.socket).catch(() => null));
      await admin.take().then(() => void (isAdminOpen = true), () => {
        // Perhaps the old master does not share the address: it is opened below.
      });
    });
    const path = lastStatusIn(directory.path);
    takeover.leaveStatusAt(path, () => carry(takeLastStatus(system, path)));
  }
  void takeover?.released.then(async () => {
    sharedSockets.own();
    arbiter.post({ type: "wake" });
    try {
      claimPidfile(system, log, settings, takeover.oldMaster, cleanup);
      if (isControlChosen) await retried(system, () => control.open(takeover.oldMaster));
      if (!isAdminOpen) await retried(system, () => admin.open());
    } catch (error) {
      log.logger.warning`${toDenicornError(error).message}`;
    }
  });
  const finishOtlp = await startOtlp(system, log, settings, master.status, isMain);
  arbiter.eventLog.follow(({ kind }) => {
    if (kind === "upgraded") {
      sharedSockets.leave();
      void finishOtlp();
    }
    if (kind === "reload-complete") restorePidfile(system, log, settings, cleanup);
  });
  if (isReady !== undefined) void arbiter.eventLog.onceComplete().then(isReady);
  if (launch.serviceManager !== null) {
    cleanup.defer(notifyServiceManager(launch.serviceManager, {
      ...{ system, logger: log.logger, eventLog: arbiter.eventLog },
      settings: () => arbiter.settings,
      exitHookTimeout: () => hooks.has("onExit", arbiter.generation) ? arbiter.settings.hookTimeout : 0,
      isMain,
    }));
  }
  startStatsd(system, log, settings, () => ownStatusOf(statusSource, system), cleanup);
  logUncaught(system, log);
  preloadModules(system, directory.path);
  signals.deliverTo(async (signal) => {
    if (signal !== "SIGHUP" || !(await terminal.hasClosed())) return arbiter.post({ type: "signal", signal });
    log.logger.info("the terminal has closed: stopping as after Ctrl-C");
    arbiter.post({ type: "signal", signal: "SIGINT" });
  });
  // A start that fails before says only why.
  const start = { runtime: host.runtime, cores: host.cores(), oldMaster: oldMaster?.pid ?? null };
  log.logger.info`${startLine(reader.initial, start)}`;
  const fault = await arbiter.run();
  await endHooks(hooks, arbiter.generation, signals);
  await finishChannels();
  await handedOver();
  if (lastStatus !== null) leaveStatus(system, lastStatus, liveStatus());
  await finishOtlp();
  return conclude(system, log, fault);
}

/** Calls the last hook, and ends the processes of all. Another signal to stop ends them at once. */
async function endHooks(hooks: MasterHooks, generation: number, signals: EarlySignals): Promise<void> {
  signals.deliverTo((signal) => {
    if (signalMeanings[signal].command === "stop") hooks.kill();
  });
  await hooks.tell("onExit", generation);
  await hooks.end();
}

/** Calls `begin` as soon as a successor serves. The function returned resolves when that has finished, if it began. */
function whenUpgraded(events: Pick<Events, "follow">, begin: () => Promise<unknown>): () => Promise<unknown> {
  let end: Promise<unknown> = Promise.resolve();
  events.follow(({ kind }) => {
    if (kind === "upgraded") end = begin();
  });
  return () => end;
}

/** `status` need not have CPU and memory figures: StatsD does not get them, so /proc is not read for it. */
function startStatsd(
  system: System,
  { logger }: Log,
  { statsdHost }: Settings,
  status: () => Status,
  cleanup: DisposableStack,
): void {
  if (statsdHost !== undefined) cleanup.defer(sendToStatsd(system, logger, statsdHost, status));
}

/** Loaded only where metrics go over OTLP. The function returned sends the last values. */
async function startOtlp(
  system: System,
  { logger }: Log,
  { otlpEndpoint }: Settings,
  status: () => Status,
  isMain: Promise<void>,
): Promise<() => Promise<void>> {
  const target = otlpTarget(otlpEndpoint, (name) => system.host.env(name));
  if (typeof target === "string") logger.warning`metrics are not sent over OTLP: ${target}`;
  if (target === null || typeof target === "string") return () => Promise.resolve();
  const { sendOverOtlp } = await otlp();
  return sendOverOtlp(system, logger, target, status, isMain);
}

/** An error that nothing catches is not a reason to stop a server. */
function logUncaught({ processes }: System, { logger }: Log): void {
  processes.onUncaught((error) => {
    const { message, detail } = toDenicornError(error);
    logger.with({ detail }).error`${message}`;
  });
}

/** Scripts look for it in the release that is served now, and the old one may be gone. */
function restorePidfile(system: System, log: Log, settings: Settings, cleanup: DisposableStack): void {
  try {
    if (settings.pid === undefined || system.files.lstat(settings.pid) !== null) return;
    claimPidfile(system, log, settings, null, cleanup);
  } catch (error) {
    log.logger.warning`${toDenicornError(error).message}`;
  }
}

/** `oldMaster` is the process id of the master that this one takes over from. */
function claimPidfile(
  system: System,
  log: Log,
  settings: Settings,
  oldMaster: number | null,
  cleanup: DisposableStack,
): void {
  if (settings.pid === undefined) return;
  const pidfile = writePidfile(system, settings.pid, oldMaster, (why) => {
    log.logger.warning`replacing pidfile ${settings.pid}: ${why}`;
  });
  const { pid } = settings;
  cleanup.defer(() => orReport(pid, (line) => log.logger.warning`${line}`, () => pidfile.remove()));
}

/** The old master releases its addresses soon after it was asked to retire. */
async function retried(system: System, work: () => Promise<void>, attempts = 40): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (--attempts === 0) throw error;
      await sleep(system.clock, 50);
    }
  }
}

/** Logs how the server ended. */
function conclude(system: System, log: Log, fault: DenicornError | null): ExitCode {
  if (fault === null) {
    log.logger.info("stopped");
    return ExitCode.normal;
  }
  log.logger.with({ detail: fault.detail }).error`${fault.message}`;
  if (!log.isOnStderr) {
    // On stderr too: an operator who starts the server by hand looks at the terminal, not at the log file.
    system.host.write("stderr", errorText(fault));
  }
  return fault.exitCode;
}
