/** How this master was started: an upgrade starts the executable that is on disk by then in the same way. */

import type { Handover } from "../../control/master_commands.ts";
import { type Activation, takeActivation } from "./activation.ts";
import { givenCommand } from "../../system/processes/given_program.ts";
import type { System, UnixSource } from "../../system/system.ts";
import { type ServiceManager, takeServiceManager } from "../telemetry/service_manager.ts";
import { givenDirectory } from "../../system/host/working_directory.ts";

/** Set by a master for the one that takes over from it: the old master as JSON. */
const oldMasterVariable = "DENICORN_OLD_MASTER";

/** Set by a process that starts this one as a daemon, and waits until it is ready. */
const starterVariable = "DENICORN_STARTER";

/** The master to take over from. */
export interface OldMaster {
  readonly pid: number;
  /** Path of its control socket. */
  readonly socket: string;
  readonly runtimeDirectory: string;
  /**
   * What it would hand over, for the case that it dies before it is asked: `areSent` says that its workers have listeners
   * to send, in the order of `workers`.
   */
  readonly handover: Handover;
  /** The Unix sockets that the new one inherits; an old version has none. */
  readonly unixSockets?: readonly UnixSource[];
  /** The descriptors that it has inherited itself, under the same numbers; an old version has none. */
  readonly inheritedSockets?: readonly number[];
  /** What systemd has passed to it; an old version has none. */
  readonly activation?: Activation;
}

/** The process that starts a server as a daemon. */
interface Starter {
  /** An inherited descriptor: its stderr. */
  readonly errors: number;
  /** Where it waits for `token`. */
  readonly socket: string;
  readonly token: string;
}

export interface Launch {
  /** Looks for the program again, as it was started. */
  readonly command: () => readonly [string, ...string[]];
  readonly args: readonly string[];
  /** As it was given: a link in it may lead to another release by the time of an upgrade. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** `null` in a master that was not started by an upgrade. */
  readonly oldMaster: OldMaster | null;
  /** With `daemon`, in the server: the process that has started it and waits; otherwise `null`. */
  readonly starter: Starter | null;
  /** For this process, or for the first of the masters before it. */
  readonly activation: Activation;
  /** `null` if no service manager waits for notices. */
  readonly serviceManager: ServiceManager | null;
}

/** Call it first of all: before settings are read from the environment, and before the directory changes. */
export function rememberLaunch(system: System): Launch {
  const { host } = system;
  const oldMaster = parseOldMaster(host.env(oldMasterVariable));
  // It is not a setting, and workers must not inherit it.
  host.setEnv(oldMasterVariable, undefined);
  const starter = parseStarter(host.env(starterVariable));
  host.setEnv(starterVariable, undefined);
  const activation = oldMaster?.activation ?? takeActivation(system);
  const cwd = givenDirectory(system);
  // A successor gets all of it.
  const environment = host.environment();
  return {
    command: givenCommand(system, cwd),
    args: host.args,
    cwd,
    environment,
    oldMaster,
    starter,
    activation,
    serviceManager: takeServiceManager(system, oldMaster !== null),
  };
}

/** The environment of a master that takes over from `oldMaster`. */
export function successorEnvironment({ environment }: Launch, oldMaster: OldMaster): Record<string, string> {
  return { ...environment, [oldMasterVariable]: JSON.stringify(oldMaster) };
}

/** The environment of a server that runs as a daemon. */
export function detachedEnvironment({ environment }: Launch, starter: Starter): Record<string, string> {
  return { ...environment, [starterVariable]: JSON.stringify(starter) };
}

/** `null` also for a text that Denicorn has not written. */
function parseStarter(text: string | undefined): Starter | null {
  try {
    const starter: Starter | null = JSON.parse(text ?? "null");
    return Number.isInteger(starter?.errors) ? starter : null;
  } catch {
    return null;
  }
}

/** `null` also for a text that no master has written. */
function parseOldMaster(text: string | undefined): OldMaster | null {
  try {
    const oldMaster: OldMaster | null = JSON.parse(text ?? "null");
    return Array.isArray(oldMaster?.handover?.workers) ? oldMaster : null;
  } catch {
    return null;
  }
}
