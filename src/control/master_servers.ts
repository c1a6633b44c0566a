/** The two HTTP servers of a master. Each loads its app with the first request: Hono would delay the first worker. */

import { DenicornError } from "../core/errors.ts";
import { longestSocketPath } from "../settings/kinds/text.ts";
import { lazyModule } from "../system/lazy_module.ts";
import { toListenError } from "../system/network/listen_error.ts";
import type { MasterServer, System, TcpAddress, TcpServer } from "../system/system.ts";
import type { AdminAccess } from "./admin_app.ts";
import { ClientRequests } from "./client_requests.ts";
import { fetchStatus } from "./control_client.ts";
import type { RunningMaster } from "./master_commands.ts";

const adminApp = lazyModule(() => import("./admin_app.ts"));
const controlApp = lazyModule(() => import("./control_app.ts"));

interface FetchApp {
  fetch(request: Request): Response | Promise<Response>;
}

/** A server of a master, and the requests to it. */
export type Counted<Server extends MasterServer = MasterServer> = Server & {
  readonly requests: ClientRequests;
};

/** Serves the admin app. Throws DenicornError `admin-bind`. */
export function serveAdmin(
  { network, clock }: System,
  address: TcpAddress,
  access: AdminAccess,
  master: RunningMaster,
): Counted<TcpServer> {
  const load = () => adminApp().then(({ createAdminApp }) => createAdminApp(master, access, clock));
  const requests = new ClientRequests(clock);
  try {
    return { ...network.serveTcp(address, requests.count(loadedFirst(load))), requests };
  } catch (error) {
    throw adminBindError(error, address);
  }
}

/** Throws DenicornError `admin-bind` if any program listens on the address. */
export function probeAdmin({ network }: System, address: TcpAddress): void {
  try {
    // Two servers that open it in the way of `serveAdmin` would share it.
    network.probe(address);
  } catch (error) {
    throw adminBindError(error, address);
  }
}

function adminBindError(cause: unknown, address: TcpAddress): DenicornError {
  const { message } = toListenError(cause, address, "--admin-bind");
  return new DenicornError("admin-bind", message, { cause });
}

/**
 * Serves the control app on a Unix socket that only this user may open. The socket of a dead master is replaced, and
 * that of process `oldMaster`, which retires: at every moment there is a socket that answers. Throws DenicornError
 * `control-socket`.
 */
export async function serveControl(
  system: System,
  path: string,
  master: RunningMaster,
  oldMaster: number | null,
): Promise<Counted> {
  const { files, network, clock } = system;
  const refuse = (reason: string, cause?: unknown) =>
    new DenicornError(
      "control-socket",
      `cannot create control-socket: ${path} (${reason}): give a path of at most ${longestSocketPath} bytes in a directory ` +
        "this user may write to, where nothing else is",
      { cause },
    );
  try {
    const found = files.lstat(path);
    if (found !== null && !found.isSocket) {
      throw refuse("something else is there");
    }
    if (found !== null && await network.answers(path) && !(await isMaster(system, path, oldMaster))) {
      throw refuse("another master listens on it");
    }
    const load = () => controlApp().then(({ createControlApp }) => createControlApp(master));
    const requests = new ClientRequests(clock);
    // A path of the operator may lead through directories of other users.
    using place = files.fixPath(path);
    const draft = draftOf(place.path, system.host.secret());
    const server = network.serveUnix(draft, requests.count(loadedFirst(load)));
    try {
      files.rename(draft, place.path);
    } catch (error) {
      void server.stopAccepting();
      files.remove(draft);
      throw error;
    }
    return { ...server, requests };
  } catch (error) {
    if (error instanceof DenicornError) throw error;
    throw refuse(error instanceof Error ? error.message : String(error), error);
  }
}

/** A free name beside `path`, usually not a longer one: the path of a socket must not be long. */
function draftOf(path: string, secret: string): string {
  return `${path.slice(0, path.lastIndexOf("/") + 1)}.${secret.slice(0, 6)}`;
}

/** True if the master that answers at `path` is process `pid`. */
async function isMaster(system: System, path: string, pid: number | null): Promise<boolean> {
  if (pid === null) return false;
  try {
    return (await fetchStatus(system, path)).pid === pid;
  } catch {
    return false;
  }
}

function loadedFirst(load: () => Promise<FetchApp>): (request: Request) => Promise<Response> {
  let app: Promise<FetchApp> | null = null;
  return async (request) => await (await (app ??= load())).fetch(request);
}
