/** Writes the bundle of a config file that has hooks, and starts the process for those of the master. */

import type { Credentials } from "../../account/credentials.ts";
import { anyRunsIn } from "../../core/hook_table.ts";
import { titleOf } from "../../core/process_title.ts";
import type { Logger } from "../../log/logger.ts";
import { hookProcessArgument } from "../../protocol/hook_messages.ts";
import { workerEnvironment } from "../../protocol/messages.ts";
import type { DeclaredHooks } from "../../settings/config_hooks.ts";
import { enterOrRoot } from "../../system/host/working_directory.ts";
import { selfCommand } from "../../system/processes/self_command.ts";
import type { System } from "../../system/system.ts";
import { orReport } from "../files/directory_failure.ts";
import type { DirectoryGuard } from "../files/directory_guard.ts";
import type { RuntimeDirectory } from "../files/runtime_directory.ts";
import type { Generation } from "../workers/generation.ts";
import { HookProcess } from "./hook_process.ts";
import type { OpenedHooks } from "./master_hooks.ts";

interface OpeningHooks {
  readonly system: System;
  readonly logger: Logger;
  readonly directory: RuntimeDirectory;
  readonly directoryGuard: DirectoryGuard;
  /** Of the workers. */
  readonly credentials: Credentials;
}

/** Throws the error of the system. */
export function openHooks(
  { system, logger, directory, directoryGuard, credentials }: OpeningHooks,
  { number, settings, directory: workingDirectory }: Omit<Generation, "bundle">,
  { names, source, text }: DeclaredHooks,
): OpenedHooks {
  const bundle = `${directory.path}/hooks-${number}.mjs`;
  // A config file may hold what only its own user may read: the user of the workers gets it if they run hooks.
  const share = () => {
    if (anyRunsIn("worker", names)) directory.share(credentials, bundle);
    else system.files.changeMode(bundle, 0o600);
  };
  system.files.writeText(bundle, text, { mode: 0o600 });
  share();
  const forget = directoryGuard.keepFile(bundle, 0o600, share);
  const discard = () => {
    forget();
    orReport(bundle, (line) => logger.warning`${line}`, () => system.files.remove(bundle));
  };
  const hooks = { names, source, bundle };
  const { procName } = settings;
  if (!anyRunsIn("master", names)) return { hooks, process: null, discard };
  const process = new HookProcess({
    clock: system.clock,
    place: { bundle, source, timeout: settings.hookTimeout },
    workingDirectory,
    secret: () => system.host.secret(),
    start: (token) => {
      const [command, ...args] = selfCommand(system);
      return system.processes.spawn({
        command,
        args: [
          ...args,
          hookProcessArgument,
          procName === undefined ? `gen=${number}` : titleOf("hooks", procName),
        ],
        env: {
          ...system.host.environment(),
          ...Object.fromEntries(settings.env),
          [workerEnvironment.channel]: directory.channelSocket,
          [workerEnvironment.token]: token,
        },
        // The folder of a release may have been removed: no process can be started there.
        cwd: enterOrRoot(system, workingDirectory) === null ? workingDirectory : "/",
      });
    },
    onExit: (kill) => system.processes.onExit(kill),
    onLost: (how) => logger.warning`the process of the hooks ended (${how}): the next hook gets another one`,
    onUncaught: ({ message, detail }) => logger.with({ detail }).error`${message}`,
  });
  try {
    process.start();
  } catch {
    // The first call tries again, and says why it cannot be started.
  }
  return { hooks, process, discard };
}
