import { DenicornError, ExitCode, toDenicornError } from "../../core/errors.ts";
import { EarlySignals } from "../../master/commands/master_signals.ts";
import { rememberLaunch } from "../../master/transitions/launch.ts";
import { runMaster } from "../../master/run_master.ts";
import { makeRuntimeDirectory } from "../../master/files/runtime_directory.ts";
import type { PlacedSettings } from "../../settings/values.ts";
import type { RunnableCommand } from "../command.ts";
import { withOrigin } from "../error_origin.ts";
import { enterDirectory } from "../enter_directory.ts";
import { createSettingsReader } from "../read_settings.ts";

export const serve: RunnableCommand = {
  name: "serve",
  usage: "[OPTIONS] APP",
  summary: "Run the app (the default command).",
  takesSettings: true,
  options: [],
  async run(system, line) {
    const launch = rememberLaunch(system);
    using cleanup = new DisposableStack();
    const signals = new EarlySignals(system, () => {
      cleanup.dispose();
      system.processes.exit(ExitCode.normal);
    });
    const directory = cleanup.use(await makeRuntimeDirectory(system));
    const readAll = createSettingsReader(system, line, directory.path);
    const read = async (): Promise<PlacedSettings> => {
      const settings = await readAll();
      requireApp(settings);
      return enterDirectory(system, settings);
    };
    const initial = await read();
    try {
      return await runMaster(system, { reader: { initial, read }, directory, launch, signals, cleanup });
    } catch (error) {
      throw withOrigin(toDenicornError(error), initial);
    }
  },
};

/** Throws DenicornError `usage` if no source names an app. */
export function requireApp({ settings }: Pick<PlacedSettings, "settings">): string {
  if (settings.app !== undefined) return settings.app;
  throw new DenicornError(
    "usage",
    "no APP is given: name the module to serve, as in `denicorn main.ts` (or set app in denicorn.config.ts); " +
      "see denicorn --help",
  );
}
