/** The admin address: who may ask there, and when it is opened. */

import type { AdminAccess } from "../../control/admin_app.ts";
import { type AdminServer, serveAdmin } from "../../control/admin_server.ts";
import type { Commands } from "../../control/commands.ts";
import { DenicornError } from "../../core/errors.ts";
import type { Logger } from "../../log/logger.ts";
import { isLoopback } from "../../settings/kinds/address.ts";
import { adminTokenAccepts, isAdminToken } from "../../settings/sections/admin.ts";
import type { Settings } from "../../settings/settings.ts";
import { formatAddress } from "../../system/listen_error.ts";
import type { System } from "../../system/system.ts";

export type AdminSettings = Pick<Settings, "adminBind" | "adminToken" | "adminTokenFile">;

export class Admin {
  readonly #system: System;
  readonly #logger: Logger;
  readonly #address: AdminSettings["adminBind"];
  readonly #access: AdminAccess;
  #server: AdminServer | null = null;

  /** Throws DenicornError `admin-token`. */
  constructor(system: System, logger: Logger, settings: AdminSettings) {
    const address = this.#address = settings.adminBind;
    this.#system = system;
    this.#logger = logger;
    const isGuarded = address !== undefined && !isLoopback(address);
    this.#access = { token: adminToken(system, settings), isGuarded };
  }

  /** Listens, if an address is set. Throws DenicornError `admin-bind`. */
  open(commands: Commands): void {
    if (this.#address === undefined) return;
    this.#server = serveAdmin(this.#system, this.#address, this.#access, commands);
    this.#logger.info`admin address: http://${formatAddress(this.#server.address)}`;
  }

  close(): void {
    this.#server?.close();
  }
}

function adminToken(
  { files }: System,
  { adminToken, adminTokenFile: path }: AdminSettings,
): string | null {
  if (path === undefined) return adminToken ?? null;
  const refuse = (reason: string, cause?: unknown) =>
    new DenicornError(
      "admin-token",
      `cannot use admin-token-file: ${path} (${reason}): give a file this user may read with a token of ` +
        `${adminTokenAccepts} on one line`,
      { cause },
    );
  let token;
  try {
    token = files.readTextSync(path).trim();
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error), error);
  }
  if (!isAdminToken(token)) throw refuse("it holds no token");
  return token;
}
