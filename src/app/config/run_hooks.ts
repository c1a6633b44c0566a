/**
 * The hook process: it runs the hooks of a config file that belong to the master, so that one that hangs, exits or leaks
 * does it here. Calls begin in the order in which they come, and do not wait for each other.
 */

import { DenicornError, ExitCode, toDenicornError } from "../../core/errors.ts";
import { nameIn } from "../../core/process_title.ts";
import { handledSignals } from "../../core/signals.ts";
import { titleOf } from "../../core/thrown.ts";
import { version } from "../../core/version.ts";
import { clip, encodeFrame, FrameDecoder } from "../../protocol/framing.ts";
import { type HookPlace, hookProcessArgument, type ToHookProcess } from "../../protocol/hook_messages.ts";
import {
  appProcessVariable,
  type FromWorker,
  toFailure,
  workerEnvironment,
} from "../../protocol/messages.ts";
import type { System } from "../../system/system.ts";
import { shownStack } from "../app_stack.ts";
import { shownPath } from "../paths.ts";
import { ImportedHooks } from "./imported_hooks.ts";

/** Milliseconds between two signs that the event loop runs. */
const signInterval = 500;
/** The master kills a process that is blocked for longer than a hook may take; without a master it ends so much later (ms). */
const blockedMargin = 5_000;

/** Returns an exit code when the master is gone, or needs no hooks any more. */
export async function runHooks(system: System): Promise<ExitCode> {
  const { host, network, processes } = system;
  const channelPath = host.env(workerEnvironment.channel);
  const token = host.env(workerEnvironment.token);
  if (channelPath === undefined || token === undefined) {
    host.write(
      "stderr",
      `denicorn: ${hookProcessArgument}: is only for a master that runs the hooks of its config file with it: ` +
        "see `denicorn --help`\n",
    );
    return ExitCode.usage;
  }
  const [, title] = host.args;
  const shownName = nameIn(title);
  if (shownName !== null) processes.showAs(title!, shownName);
  // They are not meant for the hooks.
  for (const name of Object.values(workerEnvironment)) host.setEnv(name, undefined);
  if (host.standalone) host.setEnv(appProcessVariable, "1");
  // A service manager sends its signals to all processes, and the last hooks are called when the workers have ended.
  for (const signal of handledSignals) processes.onSignal(signal, () => {});
  let connection;
  try {
    connection = await network.connectUnix(channelPath);
  } catch {
    // The master is gone.
    return ExitCode.internal;
  }
  const send = (message: FromWorker) => void connection.send(encodeFrame(message));
  send({ type: "hello", token, version });
  const answer = (number: number, error: DenicornError | null) =>
    send({ type: "hook-done", number, failure: error === null ? undefined : toFailure(error) });
  let hooks: Promise<ImportedHooks> | null = null;
  const decoder = new FrameDecoder();
  try {
    for await (const bytes of connection.receive()) {
      for (const message of decoder.push(bytes) as Iterable<ToHookProcess>) {
        if (message.type === "exit") return ExitCode.normal;
        if (message.type === "hooks") {
          hooks = begin(system, message.place, (error) => answer(0, error));
          // Each call says why.
          hooks.catch(() => {});
        } else if (hooks !== null) {
          const { number, name, args } = message;
          const imported = await hooks.catch(toDenicornError);
          if (imported instanceof DenicornError) {
            answer(number, imported);
            continue;
          }
          void imported.call(name, args).then((error) => answer(number, error));
          // So the answers of calls before one that blocks are on their way.
          await new Promise<void>((resolve) => system.clock.afterTurn(resolve));
        }
      }
    }
  } catch {
    connection.close();
  }
  return ExitCode.normal;
}

function begin(
  { host, processes, clock }: System,
  place: HookPlace,
  onUncaught: (error: DenicornError) => void,
): Promise<ImportedHooks> {
  const directory = host.cwd();
  const alive = () => processes.endUnlessCalledWithin(place.timeout + blockedMargin);
  alive();
  clock.every(signInterval, alive);
  // The same process serves all later calls: what one of them leaves behind is logged and ends nothing.
  processes.onUncaught((error) =>
    onUncaught(
      new DenicornError(
        "hook",
        `uncaught error in the hooks of ${shownPath(directory, place.source)}: ${titleOf(error)}`,
        { detail: clip(shownStack(error, place.bundle)) },
      ),
    )
  );
  return ImportedHooks.import(clock, place, directory);
}
