/**
 * What a master opens before most of it is loaded: what its children inherit, and the process of the first worker. That
 * takes as long to start as the rest of the master to load and to look for a bundle, so both happen at the same time.
 */

import type { Credentials } from "../account/credentials.ts";
import { titleOf } from "../core/process_title.ts";
import { ignoredVariables } from "../settings/environment.ts";
import { hasSharedSockets } from "../settings/listen_addresses.ts";
import type { PlacedSettings } from "../settings/values.ts";
import { threadsPerProcess } from "../settings/worker_range.ts";
import { selfCommand } from "../system/processes/self_command.ts";
import type { System } from "../system/system.ts";
import { raiseFileLimit } from "./files/file_limit.ts";
import { coresFor } from "./workers/allowed_cores.ts";
import { applyNice } from "./workers/apply_nice.ts";
import type { RuntimeDirectory } from "./files/runtime_directory.ts";
import type { Launch } from "./transitions/launch.ts";
import { type HostProcess, openHostProcess } from "./workers/host_process.ts";
import { openScoreboard, type Scoreboard } from "./workers/scoreboard.ts";
import { openWorkerProcess, startWorkerProcess, type WorkerProcess } from "./workers/worker_process.ts";

export interface Preparation {
  readonly scoreboard: Scoreboard;
  /** Of slot 0 and generation 1; `null` if it is to be started like the others. */
  readonly firstWorker: WorkerProcess | null;
  /** In its place, if workers are threads: the process for the first ones. */
  readonly firstHost: HostProcess | null;
  /** Lines for the log, which is not open yet. */
  readonly lines: readonly { readonly level: "debug" | "warning"; readonly text: string }[];
}

interface PrepareOptions {
  readonly credentials: Credentials;
  readonly directory: RuntimeDirectory;
  readonly launch: Launch;
}

/** Call it in the working directory of `placed`. Throws DenicornError `scheduling`. */
export function prepareMaster(system: System, placed: PlacedSettings, options: PrepareOptions): Preparation {
  const { host } = system;
  const { procName } = placed.settings;
  if (procName !== undefined) system.processes.showAs(titleOf("master", procName), procName);
  applyNice(system, placed);
  // Only to learn now whether they can be used.
  coresFor(system, placed);
  const { umask } = placed.settings;
  const { directory } = options;
  const lines: { level: "debug" | "warning"; text: string }[] = [];
  if (umask !== undefined) host.setUmask(umask);
  raiseFileLimit(system, (text) => lines.push({ level: "debug", text }));
  const ignored = ignoredVariables(host.environment());
  if (ignored.length > 0) {
    const text = `not settings, but variables of a service or a link, and ignored: ${ignored.join(", ")}`;
    lines.push({ level: "debug", text });
  }
  host.keepProgramIn(directory.path);
  const scoreboard = openScoreboard(
    system,
    (text) => lines.push({ level: "warning", text }),
    directory.path,
  );
  return { scoreboard, ...startFirst(system, placed, scoreboard, options), lines };
}

function startFirst(
  system: System,
  { settings, directory: workingDirectory, hooks }: PlacedSettings,
  { descriptor }: Scoreboard,
  { credentials, directory, launch }: PrepareOptions,
): Pick<Preparation, "firstWorker" | "firstHost"> {
  const none = { firstWorker: null, firstHost: null };
  // A successor first asks for the listeners of the old master, a limit of the heap may need a line in the log, and shared
  // sockets are not open yet.
  if (launch.oldMaster !== null || settings.maxHeap !== 0 || hasSharedSockets(settings)) return none;
  if (hooks?.names.some((name) => name === "onStarting" || name === "preSpawn")) return none;
  const isSteering = settings.steering !== "off";
  const hasThreads = settings.workerClass === "threads";
  const start = (token: string, inherited: readonly number[]) =>
    startWorkerProcess(system, {
      command: selfCommand(system),
      number: 0,
      role: "requests",
      generation: { number: 1, settings },
      token,
      channelPath: directory.channelSocket,
      directory: workingDirectory,
      credentials,
      inherited: descriptor === null ? inherited : [...inherited, descriptor],
      hasThreads,
    });
  try {
    directory.share(credentials);
    if (!hasThreads) return { ...none, firstWorker: openWorkerProcess(system, isSteering, start) };
    const threads = threadsPerProcess(settings, system.host.cores());
    return { ...none, firstHost: openHostProcess(system, { threads, isSteering, start }) };
  } catch {
    // The next attempt, as for all other workers, says why.
    return none;
  }
}
