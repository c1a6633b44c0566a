/** Brings up everything a master has, runs its loop, and takes everything down again. */

import { serveControl } from "../control/control_server.ts";
import { type DenicornError, ExitCode, toDenicornError } from "../core/errors.ts";
import { type Log, openLog } from "../log/logger.ts";
import type { Settings } from "../settings/settings.ts";
import { toListenError } from "../system/listen_error.ts";
import type { System } from "../system/system.ts";
import { assemble } from "./assembly.ts";
import type { SettingsReader } from "./generation_source.ts";
import type { HeldSignals } from "./held_signals.ts";
import { logOrders } from "./generation.ts";
import { writePidfile } from "./pidfile.ts";
import type { RuntimeDirectory } from "./runtime_directory.ts";
import { statusOf } from "./status.ts";

/**
 * Serves until told to stop. `reader` gives the settings now and again for every reload; `cleanup` learns what
 * to take down at the end. Throws DenicornError for what stands in the way before the first worker starts.
 */
export async function runMaster(
  system: System,
  reader: SettingsReader,
  directory: RuntimeDirectory,
  signals: HeldSignals,
  cleanup: DisposableStack,
): Promise<ExitCode> {
  const { host } = system;
  const { settings } = reader.initial;
  if (settings.umask !== undefined) host.setUmask(settings.umask);
  const log = openLog(system, logOrders(settings), { pid: host.pid });
  probeAddresses(system, settings);

  if (settings.pid !== undefined) {
    const pidfile = writePidfile(system, settings.pid, (content) => {
      log.logger.warning`replacing pidfile ${settings.pid}: process ${content} is gone`;
    });
    cleanup.defer(() => pidfile.remove());
  }
  const arbiter = assemble(system, log, reader, directory);
  const startedAt = system.clock.wall();
  const status = () => statusOf(arbiter, system, startedAt, settings.app ?? "");
  cleanup.defer(await serveControl(system, settings.controlSocket ?? directory.controlSocket, status));
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
