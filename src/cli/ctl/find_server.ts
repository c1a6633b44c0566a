/** Finds the running server that `denicorn ctl` talks to. */

import { fetchStatus } from "../../control/control_client.ts";
import { DenicornError } from "../../core/errors.ts";
import { printable } from "../../core/printable.ts";
import type { Status } from "../../core/telemetry/status.ts";
import {
  controlSocketOf,
  ownRuntimeDirectories,
  runtimeParents,
} from "../../master/files/runtime_directory.ts";
import { longestPidfile } from "../../master/files/pidfile.ts";
import type { CommandLine } from "../../settings/command_line.ts";
import type { System } from "../../system/system.ts";

/**
 * The control socket given by --socket, or that of the server given by --pid, or of the only server this user runs.
 * Throws DenicornError `no-server`, `pidfile`, `usage`.
 */
export async function findServer(system: System, { options }: CommandLine): Promise<string> {
  const socket = options.get("socket");
  const pidfile = options.get("pid");
  if (typeof socket === "string" && pidfile !== undefined) {
    throw new DenicornError("usage", "ctl: --socket and --pid both name a server: give only one of them");
  }
  if (typeof socket === "string") return socket;
  const found = await answeringSockets(system);
  if (typeof pidfile === "string") return await ofPidfile(system, pidfile, found);
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  return only(serving(await masters(system, found)));
}

/** All servers that this user runs. */
export async function runningServers(system: System): Promise<FoundMaster[]> {
  return serving(await masters(system, await answeringSockets(system)));
}

/** The master that takes over from process `pid`; `null` while none answers. */
export async function findSuccessor(system: System, pid: number): Promise<Status | null> {
  const found = await masters(system, await answeringSockets(system));
  return found.find(({ status }) => status.oldMaster === pid)?.status ?? null;
}

async function answeringSockets(system: System): Promise<string[]> {
  const { files, network } = system;
  // A chosen control socket is linked from the runtime directory; during an upgrade from two of them.
  const found = new Set<string>();
  const directories = runtimeParents(system).flatMap((parent) => ownRuntimeDirectories(system, parent));
  for (const socket of directories.map(controlSocketOf)) {
    if (!(await network.answers(socket))) continue;
    try {
      found.add(files.realPath(socket));
    } catch {
      // Its master has just ended.
    }
  }
  return [...found];
}

interface FoundMaster {
  readonly socket: string;
  readonly status: Status;
}

/** Those that answer: one may have ended since its socket was found. */
async function masters(system: System, sockets: readonly string[]): Promise<FoundMaster[]> {
  const found: FoundMaster[] = [];
  for (const socket of sockets) {
    try {
      found.push({ socket, status: await fetchStatus(system, socket) });
    } catch {
      // It has ended, or it is not Denicorn.
    }
  }
  return found;
}

/** Of two masters in an upgrade only the one that serves. */
function serving(found: readonly FoundMaster[]): FoundMaster[] {
  const pids = new Set(found.map(({ status }) => status.pid));
  const others = new Set(
    found.flatMap(({ status: { phase, pid, oldMaster } }) =>
      oldMaster === null || !pids.has(oldMaster) ? [] : [phase === "starting" ? pid : oldMaster]
    ),
  );
  return found.filter(({ status }) => !others.has(status.pid));
}

function only(found: readonly FoundMaster[]): string {
  const [first, another] = found;
  if (first !== undefined && another === undefined) return first.socket;
  const described = found.map(({ socket, status: { app, addresses, pid } }) =>
    `${socket} (${printable(app)} on ${addresses.join(", ")}, process ${pid})`
  );
  throw first === undefined
    ? new DenicornError(
      "no-server",
      "cannot find the server: no server of this user answers: start one, or give its socket with --socket",
    )
    : new DenicornError(
      "usage",
      `cannot choose the server: ${found.length} are running: name one with --socket: ${
        described.join("; ")
      }`,
    );
}

async function ofPidfile(system: System, pidfile: string, found: readonly string[]): Promise<string> {
  const pid = readPidfile(system, pidfile);
  const named = (await masters(system, found)).find(({ status }) => status.pid === pid);
  if (named !== undefined) return named.socket;
  throw new DenicornError(
    "no-server",
    `cannot find the server: ${pidfile} names process ${pid}, which does not answer: is it running, as this user, ` +
      "with a control socket?",
  );
}

function readPidfile({ files }: System, path: string): number {
  let text: string;
  try {
    text = files.readSmall(path, longestPidfile);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DenicornError(
      "pidfile",
      `cannot read the pidfile: ${path} (${reason}): give the pidfile of a running server`,
      { cause: error },
    );
  }
  if (/^\d{1,10}\s*$/.test(text)) return Number(text);
  throw new DenicornError(
    "pidfile",
    `cannot read the pidfile: ${path} contains no process id: give the pidfile of a running server`,
  );
}
