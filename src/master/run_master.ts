/** Opens everything a master needs, runs its loop, and closes everything at the end. */

import type { RunningMaster } from "../control/master_commands.ts";
import { type DenicornError, ExitCode, toDenicornError } from "../core/errors.ts";
import { type Log, openLog } from "../log/logger.ts";
import type { Settings } from "../settings/settings.ts";
import { sleep } from "../system/clock.ts";
import { raisedLimit } from "../system/open_files.ts";
import { toListenError } from "../system/listen_error.ts";
import type { System } from "../system/system.ts";
import { adminAccess, AdminAddress } from "./commands/admin_address.ts";
import { ControlSocket, isControlSocketChosen } from "./commands/control_socket.ts";
import type { EarlySignals } from "./commands/master_signals.ts";
import { OperationQueue } from "./commands/operation_queue.ts";
import { composeMaster } from "./compose.ts";
import { DirectoryGuard } from "./files/directory_guard.ts";
import { writePidfile } from "./files/pidfile.ts";
import type { RuntimeDirectory } from "./files/runtime_directory.ts";
import type { SettingsReader } from "./generations/build_generation.ts";
import { sendToStatsd } from "./telemetry/statsd.ts";
import { statusOf, statusWithProcesses } from "./telemetry/status.ts";
import type { Launch } from "./transitions/launch.ts";

interface RunMasterOptions {
  /** Reads the settings again for every reload. */
  readonly reader: SettingsReader;
  readonly directory: RuntimeDirectory;
  readonly launch: Launch;
  readonly signals: EarlySignals;
  /** Collects what must be closed at the end. */
  readonly cleanup: DisposableStack;
}

/**
 * Serves until a signal or a command stops the server. Throws DenicornError for what goes wrong before the first
 * worker starts.
 */
export async function runMaster(
  system: System,
  { reader, directory, launch, signals, cleanup }: RunMasterOptions,
): Promise<ExitCode> {
  const { host } = system;
  const { settings } = reader.initial;
  const { oldMaster } = launch;
  if (settings.umask !== undefined) host.setUmask(settings.umask);
  const log = openLog(system, settings, { pid: host.pid });
  raiseFileLimit(system, log);
  const directoryGuard = new DirectoryGuard(system, log.logger, directory);
  cleanup.defer(directoryGuard.start());
  const access = adminAccess(system, settings);
  if (oldMaster === null) {
    probeAddresses(system, settings);
    claimPidfile(system, log, settings, null, cleanup);
  }
  let control: ControlSocket | null = null;
  const { arbiter, statusSource, takeover } = await composeMaster(system, {
    ...{ log, reader, directory, directoryGuard, launch, cleanup },
    // A successor connects there to ask for the listeners.
    controlSocket: () => control?.path ?? null,
  });
  const master: RunningMaster = {
    commands: arbiter,
    operations: new OperationQueue(arbiter),
    status: () => statusWithProcesses(statusSource, system),
  };
  control = new ControlSocket({ system, logger: log.logger, settings, directory, directoryGuard, master });
  const admin = new AdminAddress(system, log.logger, settings, access, master);
  const closeBoth = () => {
    control.close();
    admin.close();
  };
  cleanup.defer(closeBoth);
  // The successor needs the addresses; its request to retire has to be answered first.
  arbiter.eventLog.follow(({ kind }) => {
    if (kind === "upgraded") system.clock.after(0, closeBoth);
  });
  // During an upgrade the old master has a path that the operator chose, the admin address and the pidfile.
  const isControlChosen = isControlSocketChosen(settings);
  if (oldMaster === null || !isControlChosen) await control.open();
  if (oldMaster === null) await admin.open();
  void takeover?.released.then(async () => {
    try {
      claimPidfile(system, log, settings, oldMaster?.pid ?? null, cleanup);
      if (isControlChosen) await retried(system, () => control.open());
      await retried(system, () => admin.open());
    } catch (error) {
      log.logger.warning`${toDenicornError(error).message}`;
    }
  });
  if (settings.statsdHost !== undefined) {
    // StatsD gets no CPU and memory figures, so /proc is not read for it.
    const stop = sendToStatsd(system, log.logger, settings.statsdHost, () => statusOf(statusSource, system));
    cleanup.defer(stop);
  }
  // An error that nothing catches is not a reason to stop a server.
  system.processes.onUncaught((error) => {
    const { message, detail } = toDenicornError(error);
    log.logger.with({ detail }).error`${message}`;
  });
  signals.deliverTo((signal) => arbiter.post({ type: "signal", signal }));

  const fault = await arbiter.run();
  if (fault === null) {
    log.logger.info("stopped");
    return ExitCode.normal;
  }
  reportFault(system, log, settings, fault);
  return fault.exitCode;
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
  const pidfile = writePidfile(system, settings.pid, oldMaster, (content) => {
    log.logger.warning`replacing pidfile ${settings.pid}: process ${content} is gone`;
  });
  cleanup.defer(() => pidfile.remove());
}

/** For the master and, because they inherit it, for its workers. */
function raiseFileLimit({ openFiles }: System, { logger }: Log): void {
  try {
    const limit = openFiles.limit();
    const soft = raisedLimit(limit);
    if (soft === limit.soft) return;
    openFiles.setLimit({ ...limit, soft });
    logger.debug`limit of open files raised from ${limit.soft} to ${soft}`;
  } catch (error) {
    logger.debug`limit of open files not raised: ${toDenicornError(error).message}`;
  }
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

/** With SO_REUSEPORT a worker would silently share an address with another server of this user. */
function probeAddresses({ network }: System, settings: Settings): void {
  for (const address of settings.bind) {
    try {
      network.probe(address);
    } catch (error) {
      throw toListenError(error, address);
    }
  }
}

/** On stderr too: an operator who starts the server by hand looks at the terminal, not at the log file. */
function reportFault(system: System, log: Log, settings: Settings, fault: DenicornError): void {
  log.logger.with({ detail: fault.detail }).error`${fault.message}`;
  if (settings.errorLogfile === "-") return;
  const detail = fault.detail === undefined ? "" : `${fault.detail}\n`;
  system.host.write("stderr", `denicorn: ${fault.message}\n${detail}`);
}
