/** The process that calls `prepare` of an app, before the workers of its generation load the app. */

import { importFailure } from "../../app/load/import_app.ts";
import { prepareExport } from "../../app/load/app_hooks.ts";
import { shownPath } from "../../app/paths.ts";
import { DenicornError, errorText, ExitCode, toDenicornError } from "../../core/errors.ts";
import {
  type AppPreparation,
  preparationVariable,
  writeDone,
  writeReport,
} from "../../protocol/app_preparation.ts";
import { appProcessVariable } from "../../protocol/messages.ts";
import type { System } from "../../system/system.ts";
import { AppChannels } from "../channels/app_channels.ts";
import { importProgram } from "./importing.ts";
import { Jobs } from "./jobs.ts";
import { LifeCycle, prepareFailure } from "./life_cycle.ts";
import { WorkerLog } from "../worker_log.ts";

/** Seconds after the master should have ended this process: it may have been killed. */
const endMargin = 2;

/** Milliseconds between two looks whether the master lives. */
const watchInterval = 100;

/** The workers of the generation before this one may not know its tasks. */
const noTasksYet =
  "cannot enqueue a task in prepare(): its workers do not run yet: enqueue it in startup(), or later";

/** No worker runs in it. */
const noSlot = -1;

/** `text` is an AppPreparation as JSON. */
export async function prepareApp(system: System, text: string): Promise<never> {
  const { host, processes, memory, clock } = system;
  if (host.standalone) host.setEnv(appProcessVariable, "1");
  // It is not meant for the app.
  host.setEnv(preparationVariable, undefined);
  const preparation: AppPreparation = JSON.parse(text);
  const { timeout, master } = preparation;
  processes.endAfter(timeout / 1000 + endMargin);
  // The next server would prepare beside this process.
  clock.every(watchInterval, () => processes.isAlive(master) || processes.exit(ExitCode.internal));
  // A promise that never settles must not look like an end.
  clock.after(2 * timeout, () => {});
  const report = preparation.report === null ? null : memory.adopt(preparation.report);
  try {
    await prepare(system, preparation);
  } catch (thrown) {
    const error = toDenicornError(thrown);
    if (report === null) host.write("stderr", errorText(error));
    else writeReport(report, error);
    processes.exit(error.exitCode);
  }
  if (report !== null) writeDone(report);
  return processes.endAsApp(ExitCode.normal);
}

async function prepare(system: System, preparation: AppPreparation): Promise<void> {
  const { host, processes, network, clock } = system;
  const { generation, settings, bundle, source } = preparation;
  const place = { bundle, source, workingDirectory: host.cwd() };
  const log = new WorkerLog(system, preparation, { gen: generation, pid: host.pid }, true);
  const lifeCycle = new LifeCycle(
    system,
    log,
    { slot: noSlot, generation, role: "requests", settings },
    () => Promise.reject(new Error(noTasksYet)),
  );
  const uncaught = Promise.withResolvers<never>();
  let isImported = false;
  const onUncaught = (error: unknown) =>
    uncaught.reject(isImported ? prepareFailure(error, place) : importFailure(error, place));
  processes.onUncaught(onUncaught);
  const run = async () => {
    // What the program serves is noted, and nothing listens.
    const onEnd = () => {};
    const servers = network.takeProgramServers(onEnd);
    const { hooks } = await importProgram(system, { ...preparation, tasksModule: settings.tasks }, {
      ...{ servers, onUncaught, onEnd, lifeCycle },
      keepsStopListeners: false,
      importFirst: null,
      // No worker has taken them, so none of them runs.
      jobs: new Jobs(clock, log, lifeCycle, host.cronUnit()),
      // There are no workers that it could reach.
      channels: new AppChannels({
        clock,
        send: () => Promise.resolve(),
        onDropped: () => {},
        onApart: () => {},
        onFailure: () => {},
      }),
      onSent: (message) => log.sent(message),
      onNotStored: (reason) => log.notStored(reason),
    });
    isImported = true;
    if (hooks.prepare === undefined) throw notCallable(place);
    await lifeCycle.prepare(hooks, place);
  };
  await Promise.race([run(), uncaught.promise]);
}

function notCallable(
  { source, workingDirectory }: { readonly source: string; readonly workingDirectory: string },
): DenicornError {
  const path = shownPath(workingDirectory, source);
  return new DenicornError(
    "app-prepare",
    `cannot prepare the app: ${path} exports ${prepareExport}, but no function, or still waits at top level for the end ` +
      "of its servers: export a function, and remove that await",
  );
}
