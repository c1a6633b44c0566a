import { DenicornError } from "../core/errors.ts";
import { toListenError } from "../system/listen_error.ts";
import type { System, TcpAddress } from "../system/system.ts";
import type { AdminAccess } from "./admin_app.ts";
import type { Commands } from "./commands.ts";

export interface AdminServer {
  readonly address: TcpAddress;
  close(): void;
}

/** Serves the admin app. Throws DenicornError `admin-bind`. */
export function serveAdmin(
  { network, clock }: System,
  address: TcpAddress,
  access: AdminAccess,
  commands: Commands,
): AdminServer {
  // Made when first asked for: loading Hono earlier would delay the first worker.
  let app: Promise<{ fetch(request: Request): Response | Promise<Response> }> | null = null;
  try {
    const server = network.serveAlone(address, async (request) => {
      app ??= import("./admin_app.ts").then(({ createAdminApp }) => createAdminApp(commands, access, clock));
      return await (await app).fetch(request);
    });
    return { address: server.address, close: () => void server.stopAccepting() };
  } catch (error) {
    const { message } = toListenError(error, address, "--admin-bind");
    throw new DenicornError("admin-bind", message, { cause: error });
  }
}
