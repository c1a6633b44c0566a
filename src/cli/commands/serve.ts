import { inheritedIn, listenAddresses } from "../../settings/listen_addresses.ts";
import { resolveCredentials } from "../../account/credentials.ts";
import { DenicornError, ExitCode } from "../../core/errors.ts";
import { EarlySignals } from "../../master/commands/master_signals.ts";
import { ControllingTerminal } from "../../master/commands/controlling_terminal.ts";
import { type Launch, rememberLaunch } from "../../master/transitions/launch.ts";
import { directoryFor } from "../../master/files/account_directory.ts";
import { prepareMaster } from "../../master/preparation.ts";
import { requireFiles } from "../../master/files/file_limit.ts";
import { makeRuntimeDirectory, removeAbandonedDirectories } from "../../master/files/runtime_directory.ts";
import { withActivatedBind } from "../../settings/activated_bind.ts";
import type { PlacedSettings } from "../../settings/values.ts";
import type { System } from "../../system/system.ts";
import type { RunnableCommand } from "../command.ts";
import { reported, withOrigin } from "../error_origin.ts";
import { enterDirectory } from "../enter_directory.ts";
import { createSettingsReader } from "../read_settings.ts";

export const serve: RunnableCommand = {
  name: "serve",
  usage: "[OPTIONS] APP [-- ARGS]",
  summary: "Run the app (the default command).",
  takesSettings: true,
  options: [],
  async run(system, line) {
    requireFiles(system);
    const launch = rememberLaunch(system);
    const isReady = callStarter(system, launch);
    using cleanup = new DisposableStack();
    const terminal = cleanup.use(new ControllingTerminal(system));
    const signals = new EarlySignals(system, () => {
      cleanup.dispose();
      system.processes.exit(ExitCode.normal);
    });
    let directory = makeRuntimeDirectory(system);
    cleanup.defer(() => directory[Symbol.dispose]());
    const readAll = createSettingsReader(system, line, () => directory.path);
    const read = async (signal?: AbortSignal): Promise<PlacedSettings> => {
      const settings = withActivatedBind(await readAll(signal), launch.activation.sockets);
      requireApp(settings);
      return enterDirectory(system, settings);
    };
    const initial = await read();
    if (initial.settings.daemon === true && launch.oldMaster === null && launch.starter === null) {
      const { startDetached } = await import("../start_detached.ts");
      return await startDetached(system, launch, directory, signals, inheritedIn(initial.settings));
    }
    try {
      const credentials = resolveCredentials(system, initial.settings);
      // The successor's workers listen beside those of the old master.
      const listen = launch.oldMaster === null ? listenAddresses(initial.settings) : [];
      directory = await directoryFor(system, directory, credentials, listen);
      const preparation = prepareMaster(system, initial, { credentials, directory, launch });
      const { firstWorker, firstHost } = preparation;
      // Only a start that fails leaves it to be ended.
      cleanup.defer(() => (firstWorker ?? firstHost)?.process.kill("SIGKILL"));
      // The workers of an old master that has died serve, and use its directory to find this master.
      void removeAbandonedDirectories(system, [launch.oldMaster?.runtimeDirectory, directory.path]);
      // The first worker starts while this is loaded.
      const { runMaster } = await import("../../master/run_master.ts");
      return await runMaster(system, {
        reader: { initial, read },
        ...{ directory, launch, preparation },
        signals,
        terminal,
        cleanup,
        ...(isReady === null ? {} : { isReady }),
      });
    } catch (error) {
      throw withOrigin(reported(error), initial);
    }
  },
};

/** In a daemon: what tells the process that has started it, and forgets that process; otherwise `null`. */
function callStarter({ host, network }: System, { starter }: Launch): (() => void) | null {
  if (starter === null) return null;
  const forget = host.writeErrorsTo(starter.errors);
  return async () => {
    forget();
    try {
      const connection = await network.connectUnix(starter.socket);
      await connection.send(new TextEncoder().encode(starter.token));
      connection.close();
    } catch {
      // It was killed: nobody waits.
    }
  };
}

/** Throws DenicornError `usage` if no source names an app. */
export function requireApp({ settings }: Pick<PlacedSettings, "settings">): string {
  if (settings.app !== undefined) return settings.app;
  throw new DenicornError(
    "usage",
    "no APP is given: name the module to serve, as in `denicorn main.ts` (or set app in denicorn.config.ts); " +
      "see denicorn --help",
  );
}
