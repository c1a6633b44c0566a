import { DenicornError } from "../core/errors.ts";
import { toListenError } from "../system/listen_error.ts";
import type { MasterServer, System, TcpAddress } from "../system/system.ts";
import type { AdminAccess } from "./admin_app.ts";
import type { RunningMaster } from "./master_commands.ts";

/** Serves the admin app. Throws DenicornError `admin-bind`. */
export function serveAdmin(
  { network, clock }: System,
  address: TcpAddress,
  access: AdminAccess,
  master: RunningMaster,
): MasterServer & { readonly address: TcpAddress } {
  // Made with the first request: loading Hono earlier would delay the first worker.
  let app: Promise<{ fetch(request: Request): Response | Promise<Response> }> | null = null;
  try {
    return network.serveAlone(address, async (request) => {
      app ??= import("./admin_app.ts").then(({ createAdminApp }) => createAdminApp(master, access, clock));
      return await (await app).fetch(request);
    });
  } catch (error) {
    const { message } = toListenError(error, address, "--admin-bind");
    throw new DenicornError("admin-bind", message, { cause: error });
  }
}
