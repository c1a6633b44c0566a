/** How this master was started: what an upgrade repeats with the executable that is on disk by then. */

import { selfCommand } from "../../system/self_command.ts";
import type { System } from "../../system/system.ts";

/** Names the control socket of the master that started this one to take its place. */
const oldMasterVariable = "DENICORN_PREDECESSOR";

export interface Launch {
  readonly command: readonly [string, ...string[]];
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Control socket of the master to take over from. */
  readonly oldMaster: string | null;
}

/** To be asked first of all: before settings are read from the environment, and before the directory changes. */
export function rememberLaunch(system: System): Launch {
  const { host } = system;
  const oldMaster = host.env(oldMasterVariable) ?? null;
  // Neither a setting nor of any concern to workers.
  host.setEnv(oldMasterVariable, undefined);
  return {
    command: selfCommand(system),
    args: host.args,
    cwd: host.cwd(),
    environment: host.environment(),
    oldMaster,
  };
}

/** The environment of a successor to the master behind `controlSocket`. */
export function successorEnvironment({ environment }: Launch, controlSocket: string): Record<string, string> {
  return { ...environment, [oldMasterVariable]: controlSocket };
}
