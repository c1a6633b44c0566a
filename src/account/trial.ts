/** Tries, in a process with the rights of the workers' user, what workers will have to do. */

import { DenicornError } from "../core/errors.ts";
import { formatAddress } from "../system/network/listen_error.ts";
import { startLimited } from "../system/processes/limited_child.ts";
import { selfCommand } from "../system/processes/self_command.ts";
import type { System, TcpAddress } from "../system/system.ts";
import { type Credentials, firstFreePort } from "./credentials.ts";
import { environmentFor } from "./account_environment.ts";

/** Starts this program as the process that tries; a Trial as JSON follows. */
export const trialArgument = "--try-account";

export interface Trial {
  /** A Unix socket to connect to. */
  readonly socket: string;
  readonly listen: readonly TcpAddress[];
}

export interface TrialReport {
  /** Why the socket cannot be connected to; `null` if it can. */
  readonly unreachable: string | null;
  /** The address that this user may not listen on. */
  readonly denied: TcpAddress | null;
}

/** In ms. It takes 30 to 100. */
const longestTrial = 20_000;

const longestReport = 64 * 1024;

/** Throws DenicornError `account` if the user cannot run Denicorn at all. */
export async function tryAccount(
  system: System,
  credentials: Credentials,
  trial: Trial,
): Promise<TrialReport> {
  const { title, uid, gid, groups = [], lowPorts = false } = credentials;
  const [command, ...args] = selfCommand(system);
  try {
    const child = startLimited(system, {
      command,
      args: [...args, trialArgument, JSON.stringify(trial)],
      env: environmentFor(system, credentials),
      ...{ uid, gid, groups, lowPorts },
      sameSession: true,
      readOutput: true,
    }, longestTrial);
    const line = await child.line(longestReport);
    const { code, signal } = await child.ended;
    if (code === 0 && line !== null) return JSON.parse(line);
    throw new Error(`its process ended ${signal === null ? `with exit code ${code}` : `by ${signal}`}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const files = system.host.standalone ? command : `${command}, Denicorn and the cache of Deno (DENO_DIR)`;
    throw new DenicornError(
      "account",
      `cannot run Denicorn as ${title}: ${reason}: let that user read ${files}, and enter the working directory`,
      { cause: error },
    );
  }
}

/** Throws DenicornError `account` if workers may not listen on one of their addresses. */
export function requireListening(system: System, { title }: Credentials, { denied }: TrialReport): void {
  if (denied === null) return;
  throw new DenicornError(
    "account",
    `cannot listen as ${title}: ${
      formatAddress(denied)
    } needs CAP_NET_BIND_SERVICE, which the master cannot pass on: ` +
      `give it that capability, set net.ipv4.ip_unprivileged_port_start (now ${firstFreePort(system)}) to ` +
      `${denied.port} or lower, or use another --bind`,
  );
}
