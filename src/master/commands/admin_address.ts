import type { AdminAccess } from "../../control/admin_app.ts";
import { serveAdmin } from "../../control/master_servers.ts";
import type { RunningMaster } from "../../control/master_commands.ts";
import { DenicornError } from "../../core/errors.ts";
import type { Logger } from "../../log/logger.ts";
import { isLoopback } from "../../settings/kinds/address.ts";
import { adminTokenAccepts, isAdminToken } from "../../settings/sections/admin.ts";
import type { Settings } from "../../settings/settings.ts";
import { formatAddress } from "../../system/listen_error.ts";
import type { System } from "../../system/system.ts";
import { RestoredServer } from "./restored_server.ts";

type AdminSettings = Pick<Settings, "adminBind" | "adminToken" | "adminTokenFile">;

/** What clients of the admin address need to show. Throws DenicornError `admin-token`. */
export function adminAccess(system: System, settings: AdminSettings): AdminAccess {
  const isGuarded = settings.adminBind !== undefined && !isLoopback(settings.adminBind);
  return { token: adminToken(system, settings), isGuarded };
}

/** Serves the admin address of a running master. */
export class AdminAddress {
  readonly #logger: Logger;
  readonly #server: RestoredServer<ReturnType<typeof serveAdmin>> | null;

  constructor(
    system: System,
    logger: Logger,
    { adminBind: bind }: Pick<AdminSettings, "adminBind">,
    access: AdminAccess,
    master: RunningMaster,
  ) {
    this.#logger = logger;
    if (bind === undefined) {
      this.#server = null;
      return;
    }
    // Port 0 means any port, and then always that one.
    let address = bind;
    this.#server = new RestoredServer(system, logger, `admin address ${formatAddress(bind)}`, () => {
      const server = serveAdmin(system, address, access, master);
      address = server.address;
      return server;
    });
  }

  /** Listens, if an address is set. Throws DenicornError `admin-bind`. */
  async open(): Promise<void> {
    const server = await this.#server?.open();
    if (server !== undefined) this.#logger.info`admin address: http://${formatAddress(server.address)}`;
  }

  close(): void {
    this.#server?.close();
  }
}

/** In bytes: far more than a token and its line end. */
const longestTokenFile = 4_096;

function adminToken(
  { files }: System,
  { adminToken, adminTokenFile: path }: AdminSettings,
): string | null {
  if (path === undefined) return adminToken ?? null;
  const refuse = (reason: string, cause?: unknown) =>
    new DenicornError(
      "admin-token",
      `cannot use admin-token-file: ${path} (${reason}): give a file that this user may read, with a token of ` +
        `${adminTokenAccepts} on one line`,
      { cause },
    );
  let token;
  try {
    token = files.readSmall(path, longestTokenFile).trim();
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error), error);
  }
  if (!isAdminToken(token)) throw refuse("it contains no token");
  return token;
}
