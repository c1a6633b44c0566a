import { hookKinds, type HookName } from "../core/hook_table.ts";
import { openLog } from "../log/logger.ts";
import type { PlacedSettings } from "../settings/values.ts";
import type { System } from "../system/system.ts";
import { checkOtherMachines } from "./channels/open_other_machines.ts";
import { openMaster } from "./open_master.ts";
import { rememberLaunch } from "./transitions/launch.ts";
import type { RuntimeDirectory } from "./files/runtime_directory.ts";
import { DirectoryGuard } from "./files/directory_guard.ts";
import { SharedSockets } from "./listeners/shared_sockets.ts";
import { openScoreboard } from "./workers/scoreboard.ts";

/**
 * Loads the app in one worker, as a start would, but without listening. Throws DenicornError with the cause if that
 * fails.
 */
export async function checkApp(
  system: System,
  resolved: PlacedSettings,
  directory: RuntimeDirectory,
): Promise<void> {
  const settings = {
    ...resolved.settings,
    workers: 1,
    shutdownDelay: 0,
    // What the app needs to serve, such as a database, may be missing where it is checked.
    readyPath: undefined,
    bind: [],
    redirectHttp: [],
    unixSocketOwner: undefined,
    // What the app posts must not reach servers.
    channelUrl: undefined,
    logLevel: "error",
    errorLogfile: "-",
  } as const;
  // Workers load their hooks, and call none.
  const hooks = resolved.hooks && { ...resolved.hooks, names: resolved.hooks.names.filter(isOfWorkers) };
  const initial = { ...resolved, settings, hooks };
  const log = openLog(system, settings, { pid: system.host.pid });
  const reader = { initial, read: () => Promise.resolve(initial) };
  const { channelUrl } = resolved.settings;
  if (channelUrl !== undefined) await checkOtherMachines(system, log.logger, channelUrl);
  const sharedSockets = new SharedSockets(system, log.logger, settings, {});
  const { arbiter } = await openMaster(system, {
    ...{ log, reader, directory },
    directoryGuard: new DirectoryGuard(system, log.logger, directory),
    launch: rememberLaunch(system),
    scoreboard: openScoreboard(system, (line) => log.logger.warning`${line}`, directory.path),
    sharedSockets,
    firstWorker: null,
    firstHost: null,
    controlSocket: () => null,
    leaveAddresses: () => {},
  });
  void arbiter.firstReady.then(() => arbiter.post({ type: "signal", signal: "SIGTERM" }));
  const fault = await arbiter.run();
  if (fault !== null) throw fault;
}

function isOfWorkers(name: HookName): boolean {
  return hookKinds[name].runsIn === "worker";
}
