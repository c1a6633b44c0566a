/** Makes this process look like one of the app alone, and imports its module. */

import { importApp, type ImportedApp, type ImportOptions } from "../../app/load/import_app.ts";
import { permissionsGivenUp } from "../../core/app_permissions.ts";
import { fileUrl } from "../../app/paths.ts";
import { appStorage } from "../../app/user_directories.ts";
import { listensToProcess, sendsToParent, usesNodeHttp } from "../../app/uses_of_node.ts";
import { streamQueue } from "../../log/stream_queue.ts";
import type { WorkerConfig } from "../../protocol/messages.ts";
import type { ProgramServers, System } from "../../system/system.ts";
import type { CapturedOutput } from "../captured_output.ts";
import type { AppChannels } from "../channels/app_channels.ts";
import type { Jobs } from "./jobs.ts";
import type { LifeCycle } from "./life_cycle.ts";
import { untilSettled } from "./readiness.ts";

/** What to import, and what the app is to see as its own. */
type Program =
  & Pick<
    WorkerConfig,
    "bundle" | "source" | "exportName" | "exportsApp" | "appType" | "args" | "unstable" | "appPermissions"
  >
  & Partial<Pick<WorkerConfig, "thread">>
  & Pick<ImportOptions, "tasksModule">;

export interface ImportingOptions {
  readonly servers: ProgramServers;
  /** Gets uncaught errors, from the beginning on. */
  readonly onUncaught: (error: unknown) => void;
  /** The app ends a server. */
  readonly onEnd: () => void;
  readonly lifeCycle: LifeCycle;
  /** Whether the app's listeners for SIGTERM are called at the end of a drain, and not by the signal. */
  readonly keepsStopListeners: boolean;
  readonly jobs: Jobs;
  readonly channels: AppChannels;
  /** Imports what comes before the app; `null` if nothing does. Rejects with DenicornError. */
  readonly importFirst: (() => Promise<void>) | null;
  /** The app sends its parent a message. */
  readonly onSent: (message: unknown) => void;
  /** Takes what the app prints; without it that goes to the standard streams. */
  readonly output?: Pick<CapturedOutput, "start"> | null;
  /** What the app stores is lost with this process. */
  readonly onNotStored: (reason: string) => void;
}

const noApp: ImportedApp = { app: null, hooks: {}, tasks: null };

/**
 * A module that waits for the end of its servers counts as imported when it has started them; what it exports is not
 * known then. Throws DenicornError if the module cannot be imported.
 */
export async function importProgram(
  system: System,
  program: Program,
  options: ImportingOptions,
): Promise<ImportedApp> {
  await presentProcess(system, program, options);
  const { servers, onUncaught, importFirst } = options;
  if (importFirst !== null) await importFirst();
  const imported = importApp({ ...program, workingDirectory: system.host.cwd() }, servers);
  if (program.exportsApp) return imported;
  let isOver = false;
  return Promise.race([
    imported.catch((error) => {
      if (!isOver) throw error;
      onUncaught(error instanceof Error && error.cause !== undefined ? error.cause : error);
      return noApp;
    }),
    untilSettled(servers, system.clock).then(() => noApp),
  ]).finally(() => isOver = true);
}

async function presentProcess(
  system: System,
  { bundle, source, args, unstable, appPermissions, thread = null }: Program,
  { servers, onEnd, onSent, onNotStored, lifeCycle, keepsStopListeners, jobs, channels, output = null }:
    ImportingOptions,
): Promise<void> {
  const { host, files, network, nodeHttp, processes } = system;
  const text = files.readTextSync(bundle);
  if (output === null) host.printThrough((stream, text) => streamQueue(system, stream).write(text));
  else output.start(host);
  lifeCycle.offer();
  await channels.offerTo(text, thread !== null);
  if (keepsStopListeners) processes.keepStopListeners(listensToProcess(text));
  if (sendsToParent(text)) processes.receiveSent(onSent);
  if (usesNodeHttp(text)) (await nodeHttp()).takeServers(servers, onEnd);
  host.offerFeatures(unstable);
  network.mendSignals();
  host.offerStorage(() => appStorage(system, source), onNotStored);
  if (unstable.includes("cron")) host.takeCron(jobs);
  host.presentAs(fileUrl(source), args);
  // Last of all: nothing above may need them later.
  host.giveUp(permissionsGivenUp(appPermissions));
}
