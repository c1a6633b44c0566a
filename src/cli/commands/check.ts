import { listenAddresses } from "../../settings/listen_addresses.ts";
import { resolveCredentials } from "../../account/credentials.ts";
import { ExitCode } from "../../core/errors.ts";
import { checkApp } from "../../master/check_app.ts";
import { directoryFor } from "../../master/files/account_directory.ts";
import { coresFor } from "../../master/workers/allowed_cores.ts";
import { applyNice } from "../../master/workers/apply_nice.ts";
import { makeRuntimeDirectory } from "../../master/files/runtime_directory.ts";
import type { RunnableCommand } from "../command.ts";
import { enterDirectory } from "../enter_directory.ts";
import { createSettingsReader } from "../read_settings.ts";
import { requireApp } from "./serve.ts";

export const check: RunnableCommand = {
  name: "check",
  usage: "[OPTIONS] APP",
  summary: "Resolve the settings and load the app without serving it.",
  takesSettings: true,
  options: [],
  async run(system, line) {
    using cleanup = new DisposableStack();
    let directory = makeRuntimeDirectory(system);
    cleanup.defer(() => directory[Symbol.dispose]());
    const resolved = await createSettingsReader(system, line, () => directory.path)();
    const app = requireApp(resolved);
    applyNice(system, resolved);
    coresFor(system, resolved);
    const credentials = resolveCredentials(system, resolved.settings);
    directory = await directoryFor(system, directory, credentials, listenAddresses(resolved.settings));
    await checkApp(system, enterDirectory(system, resolved), directory);
    system.host.write("stdout", `${app}: settings and app are good\n`);
    return ExitCode.normal;
  },
};
