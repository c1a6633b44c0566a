/** The process that evaluates a bundled config file, writes a report and ends. */

import { ExitCode } from "../../core/errors.ts";
import { errorIn, messageOf } from "../../core/thrown.ts";
import { sleep } from "../../system/clock.ts";
import type { System } from "../../system/system.ts";
import { appFrames } from "../app_stack.ts";
import { fileUrl } from "../paths.ts";
import {
  bundleIn,
  configProcessArgument,
  type ConfigReport,
  longestLoad,
  notLoaded,
  reportIn,
  reportOf,
} from "./config_report.ts";

/** Returns the exit code. The caller exits with it at once: timers of the config must not keep the process alive. */
export async function runConfigProcess(system: System): Promise<ExitCode> {
  const { host, files } = system;
  const [, directory] = host.args;
  if (directory === undefined || !files.stat(bundleIn(directory))?.isFile) {
    host.write(
      "stderr",
      `denicorn: ${configProcessArgument}: is only for Denicorn itself, which evaluates a config file with it: ` +
        "run `denicorn APP --config FILE`, or see `denicorn --help`\n",
    );
    return ExitCode.usage;
  }
  // For a config that never ends, after the deadline and the kill of the master: the master may have been killed.
  system.processes.endAfter(longestLoad / 1000 + 2);
  const report = await evaluate(system, bundleIn(directory));
  const draft = `${reportIn(directory)}.new`;
  files.writeText(draft, JSON.stringify(report), { mode: 0o600 });
  files.rename(draft, reportIn(directory));
  return ExitCode.normal;
}

async function evaluate(system: System, bundle: string): Promise<ConfigReport> {
  try {
    return await importWithin(system, bundle);
  } catch (error) {
    const [frame] = appFrames(errorIn(error), bundle);
    return {
      failure: `it throws: ${messageOf(error)}`,
      ...(frame === undefined ? {} : { place: `${frame.path}:${frame.line}:${frame.column}` }),
    };
  }
}

/** An error that nothing in the config catches, such as in a timer, counts as thrown by the module. */
function importWithin({ clock, processes }: System, bundle: string): Promise<ConfigReport> {
  const { promise, resolve, reject } = Promise.withResolvers<ConfigReport>();
  const last = Symbol("reported after all others");
  const reported = Promise.withResolvers<void>();
  processes.onUncaught((error) => error === last ? reported.resolve() : reject(error));
  clock.after(longestLoad, () => resolve({ failure: notLoaded }));
  const load = async () => {
    const module: Readonly<Record<string, unknown>> = await import(fileUrl(bundle));
    const report = reportOf(await module["default"]);
    // The runtime reports the rejections that nothing handles in their order, some turns of the event loop later: a timer
    // can be earlier. So this waits for a rejection of its own, after the jobs that the module has queued.
    await sleep(clock, 0);
    void rejectWith(last);
    await reported.promise;
    resolve(report);
  };
  load().catch(reject);
  return promise;
}

/** Not `Promise.reject()`: the config may have replaced it. */
async function rejectWith(reason: symbol): Promise<never> {
  await null;
  throw reason;
}
