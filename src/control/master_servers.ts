/** The two HTTP servers of a master. Each loads its app with the first request: Hono would delay the first worker. */

import { DenicornError } from "../core/errors.ts";
import { longestSocketPath } from "../settings/kinds/text.ts";
import { lazyModule } from "../system/lazy_module.ts";
import { toListenError } from "../system/listen_error.ts";
import type { MasterServer, System, TcpAddress } from "../system/system.ts";
import type { AdminAccess } from "./admin_app.ts";
import type { RunningMaster } from "./master_commands.ts";

const adminApp = lazyModule(() => import("./admin_app.ts"));
const controlApp = lazyModule(() => import("./control_app.ts"));

interface FetchApp {
  fetch(request: Request): Response | Promise<Response>;
}

/** Serves the admin app. Throws DenicornError `admin-bind`. */
export function serveAdmin(
  { network, clock }: System,
  address: TcpAddress,
  access: AdminAccess,
  master: RunningMaster,
): MasterServer & { readonly address: TcpAddress } {
  let app: FetchApp | null = null;
  try {
    return network.serveAlone(address, async (request) => {
      const { createAdminApp } = await adminApp();
      app ??= createAdminApp(master, access, clock);
      return await app.fetch(request);
    });
  } catch (error) {
    const { message } = toListenError(error, address, "--admin-bind");
    throw new DenicornError("admin-bind", message, { cause: error });
  }
}

/**
 * Serves the control app on a Unix socket that only this user may open. The socket of a dead master is replaced.
 * Throws DenicornError `control-socket`.
 */
export async function serveControl(
  system: System,
  path: string,
  master: RunningMaster,
): Promise<MasterServer> {
  const { files, network } = system;
  const refuse = (reason: string, cause?: unknown) =>
    new DenicornError(
      "control-socket",
      `cannot create control-socket: ${path} (${reason}): give a path of at most ${longestSocketPath} bytes in a directory ` +
        "this user may write to, where nothing else is",
      { cause },
    );
  try {
    const found = files.lstat(path);
    if (found !== null) {
      if (found.isFile || found.isDirectory || found.isSymlink) throw refuse("something else is there");
      if (await network.answers(path)) throw refuse("another master listens on it");
      files.remove(path);
    }
    let app: FetchApp | null = null;
    const server = network.serveUnix(path, async (request) => {
      const { createControlApp } = await controlApp();
      app ??= createControlApp(master);
      return await app.fetch(request);
    });
    files.changeMode(path, 0o600);
    return server;
  } catch (error) {
    if (error instanceof DenicornError) throw error;
    throw refuse(error instanceof Error ? error.message : String(error), error);
  }
}
