/** Brings up everything a master has, runs its loop, and takes everything down again. */

import { type DenicornError, ExitCode, toDenicornError } from "../core/errors.ts";
import { raised } from "../system/open_files.ts";
import { type Log, openLog } from "../log/logger.ts";
import type { Settings } from "../settings/settings.ts";
import { toListenError } from "../system/listen_error.ts";
import type { System } from "../system/system.ts";
import { Admin } from "./commands/admin.ts";
import { assemble } from "./compose.ts";
import { commandsFor, Control } from "./commands/control_socket.ts";
import type { SettingsReader } from "./generations/build_generation.ts";
import type { EarlySignals } from "./commands/early_signals.ts";
import type { Launch } from "./transitions/launch.ts";
import { writePidfile } from "./files/pidfile.ts";
import type { RuntimeDirectory } from "./files/runtime_directory.ts";
import { sendToStatsd } from "./telemetry/statsd.ts";
import { statusOf } from "./telemetry/status.ts";
import { DirectoryGuard } from "./files/directory_guard.ts";

/**
 * Serves until told to stop. `reader` gives the settings now and again for every reload; `cleanup` learns what
 * to take down at the end. Throws DenicornError for what stands in the way before the first worker starts.
 */
export async function runMaster(
  system: System,
  reader: SettingsReader,
  directory: RuntimeDirectory,
  launch: Launch,
  signals: EarlySignals,
  cleanup: DisposableStack,
): Promise<ExitCode> {
  const { host } = system;
  const { settings } = reader.initial;
  if (settings.umask !== undefined) host.setUmask(settings.umask);
  const log = openLog(system, settings, { pid: host.pid });
  raiseFileLimit(system, log);
  const directoryGuard = new DirectoryGuard(system, log.logger, directory);
  cleanup.defer(directoryGuard.start());
  const control = new Control({ system, logger: log.logger, settings, directory, directoryGuard });
  cleanup.defer(() => control.close());
  const admin = new Admin(system, log.logger, settings);
  cleanup.defer(() => admin.close());
  const claimPidfile = (oldMaster: number | null) => {
    if (settings.pid === undefined) return;
    const pidfile = writePidfile(system, settings.pid, oldMaster, (content) => {
      log.logger.warning`replacing pidfile ${settings.pid}: process ${content} is gone`;
    });
    cleanup.defer(() => pidfile.remove());
  };
  if (launch.oldMaster === null) {
    probeAddresses(system, settings);
    claimPidfile(null);
  }
  const arbiter = await assemble(system, {
    ...{ log, reader, directory, directoryGuard, launch, cleanup },
    // Whoever answers there is asked which listeners to go on with.
    controlSocket: () => control.isChosen || directoryGuard.check() ? control.path : null,
    async claim(oldMaster) {
      claimPidfile(oldMaster);
      if (control.isChosen) await retried(system, () => control.open(commands));
      await retried(system, () => admin.open(commands));
    },
  });
  const startedAt = system.clock.wall();
  const read = (looks: boolean) => statusOf(arbiter, system, startedAt, arbiter.settings.app ?? "", looks);
  const commands = commandsFor(arbiter, () => read(true), () => {
    // The places may be claimed by the successor; the answer to this very request goes out first.
    system.clock.after(0, () => {
      control.close();
      admin.close();
    });
  });
  // A path of the operator's choice is the predecessor's until it retires.
  if (launch.oldMaster === null || !control.isChosen) await control.open(commands);
  if (launch.oldMaster === null) admin.open(commands);
  if (settings.statsdHost !== undefined) {
    // What processes take is not among what it is told.
    cleanup.defer(sendToStatsd(system, log.logger, settings.statsdHost, () => read(false)));
  }
  // Such as what a config file left running: no reason to stop a server.
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

/** Workers inherit it. */
function raiseFileLimit({ openFiles }: System, { logger }: Log): void {
  try {
    const limit = openFiles.limit();
    const soft = raised(limit);
    if (soft === limit.soft) return;
    openFiles.setLimit({ ...limit, soft });
    logger.debug`limit of open files raised from ${limit.soft} to ${soft}`;
  } catch (error) {
    logger.debug`limit of open files left as it is: ${toDenicornError(error).message}`;
  }
}

/** The predecessor lets go of what it holds in the next moments. */
async function retried(system: System, work: () => void | Promise<void>, attempts = 40): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (--attempts === 0) throw error;
      await new Promise<void>((resolve) => system.clock.after(50, resolve));
    }
  }
}

/** A sole listener would fail on an address that is taken; one with SO_REUSEPORT might silently share it. */
function probeAddresses({ network }: System, settings: Settings): void {
  for (const address of settings.bind) {
    try {
      network.probe(address);
    } catch (error) {
      throw toListenError(error, address);
    }
  }
}

/** Who started the server by hand looks at the terminal, not into the log file. */
function reportFault(system: System, log: Log, settings: Settings, fault: DenicornError): void {
  log.logger.with({ detail: fault.detail }).error`${fault.message}`;
  if (settings.errorLogfile === "-") return;
  const detail = fault.detail === undefined ? "" : `${fault.detail}\n`;
  system.host.write("stderr", `denicorn: ${fault.message}\n${detail}`);
}
