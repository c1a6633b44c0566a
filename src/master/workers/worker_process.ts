/** The process of a worker, and what only this process shares with its master. */

import { environmentFor } from "../../account/account_environment.ts";
import type { Credentials } from "../../account/credentials.ts";
import { titleOf } from "../../core/process_title.ts";
import { blockedMargin } from "../../core/pool/worker_state.ts";
import { instanceVariable, workerEnvironment, type WorkerRole } from "../../protocol/messages.ts";
import { debugVariable } from "../../redis/without_debug.ts";
import type { Settings } from "../../settings/settings.ts";
import type { ChildProcess, FdPair, System } from "../../system/system.ts";
import type { Generation } from "./generation.ts";

export interface WorkerProcess {
  readonly process: ChildProcess;
  /** The process identifies itself with it. */
  readonly token: string;
  /** Over it the worker sends copies of its listening sockets; `null` if the master does not want them. */
  readonly fdPair: FdPair | null;
}

/** Starts a process, which gets the token and inherits the descriptors. Throws the error of the system. */
type Start = (token: string, inherited: readonly number[]) => ChildProcess;

/** Throws the error of the system if the process cannot be started. */
export function openWorkerProcess(system: System, isSteering: boolean, start: Start): WorkerProcess {
  const token = system.host.secret();
  const fdPair = isSteering ? system.descriptors.pair() : null;
  try {
    return { process: start(token, fdPair === null ? [] : [fdPair.descriptor]), token, fdPair };
  } catch (error) {
    fdPair?.inbox.close();
    throw error;
  } finally {
    if (fdPair !== null) system.sockets.close(fdPair.descriptor);
  }
}

/** For a process that is not needed; it may have ended already. */
export function endWorkerProcess({ process, fdPair }: WorkerProcess): void {
  process.kill("SIGKILL");
  fdPair?.inbox.close();
}

interface WorkerCommand {
  /** Runs this program. */
  readonly command: readonly [string, ...string[]];
  /** From 0 among the workers of its role. */
  readonly number: number;
  readonly role: WorkerRole;
  readonly generation: Pick<Generation, "number" | "settings">;
  readonly token: string;
  /** The socket that the worker connects to. */
  readonly channelPath: string;
  /** The working directory of this process, as the worker sees it. */
  readonly directory: string;
  readonly credentials: Credentials;
  readonly inherited: readonly number[];
  /** Its workers are threads: it is none itself. */
  readonly hasThreads?: boolean;
}

/** What the app reads as its environment, in a worker and in `prepare`. */
export function appEnvironment(
  system: System,
  credentials: Credentials,
  { env }: Pick<Settings, "env">,
  directory: string,
): Record<string, string> {
  return {
    ...environmentFor(system, credentials),
    ...(system.host.env("PWD") === undefined ? {} : { PWD: directory }),
    ...Object.fromEntries(env),
  };
}

/** The standard variable of OpenTelemetry for what all spans, logs and metrics of a process belong to. */
const resourceVariable = "OTEL_RESOURCE_ATTRIBUTES";

/**
 * Where the runtime sends spans of its own, they say which worker they are from; `null` if that is one of several in the
 * process, which have that variable in common.
 */
function withOrigin(
  env: Record<string, string>,
  worker: number | null,
  generation: number,
): Record<string, string> {
  if (!env.OTEL_DENO) return env;
  const ofGeneration = `denicorn.generation=${generation}`;
  const origin = worker === null ? ofGeneration : `denicorn.worker=${worker},${ofGeneration}`;
  const given = env[resourceVariable];
  return { ...env, [resourceVariable]: given ? `${given},${origin}` : origin };
}

/**
 * Each thread would hide the variable while it loads what connects to Redis, and show it to others that do so at that time:
 * threads have their environment in common.
 */
function forThreads(
  env: Record<string, string>,
  { taskStore }: Pick<Settings, "taskStore">,
): Record<string, string> {
  if (taskStore.kind !== "redis") return env;
  const { [debugVariable]: _, ...others } = env;
  return others;
}

/** Arguments that are there for readers of `ps`. A title is shown alone: the process takes the place of all arguments with it. */
function shown(
  { number, role, hasThreads = false }: Pick<WorkerCommand, "number" | "role" | "hasThreads">,
  generation: WorkerCommand["generation"],
): readonly string[] {
  const { procName, app = "" } = generation.settings;
  if (procName === undefined) {
    const place = `${role === "tasks" ? "task-worker" : "worker"}=${number}`;
    return [...(hasThreads ? [] : [place]), `gen=${generation.number}`, app];
  }
  const what = hasThreads ? "threads" : `${role === "tasks" ? "task worker" : "worker"} ${number}`;
  return [titleOf(what, procName)];
}

/** Starts this program again with `--worker`, in the working directory of this process. Throws the error of the system. */
export function startWorkerProcess(
  system: System,
  { command: [program, ...prefix], generation, token, channelPath, directory, ...worker }: WorkerCommand,
): ChildProcess {
  const { number: place, credentials, inherited, hasThreads = false } = worker;
  const { uid, gid, groups = [], lowPorts = false } = credentials;
  const { number, settings } = generation;
  const { timeout } = settings;
  const app = appEnvironment(system, credentials, settings, directory);
  return system.processes.spawn({
    command: program,
    args: [...prefix, hasThreads ? "--thread-host" : "--worker", ...shown(worker, generation)],
    env: {
      ...withOrigin(
        hasThreads ? forThreads(app, settings) : app,
        hasThreads ? null : place,
        number,
      ),
      [instanceVariable]: String(place),
      [workerEnvironment.channel]: channelPath,
      [workerEnvironment.token]: token,
      [workerEnvironment.blockingLimit]: String(timeout === 0 ? 0 : timeout + blockedMargin),
    },
    inherited,
    ...{ uid, gid, groups, lowPorts },
  });
}
