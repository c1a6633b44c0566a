import type { AdminAccess } from "../../control/admin_app.ts";
import { probeAdmin, serveAdmin } from "../../control/master_servers.ts";
import type { RunningMaster } from "../../control/master_commands.ts";
import { DenicornError } from "../../core/errors.ts";
import { encodeProgram, steeringProgram } from "../../core/listeners/steering_program.ts";
import type { Logger } from "../../log/logger.ts";
import { isLoopback } from "../../settings/kinds/address.ts";
import { adminTokenAccepts, isAdminToken } from "../../settings/sections/admin.ts";
import type { Settings } from "../../settings/settings.ts";
import { formatAddress } from "../../system/network/listen_error.ts";
import type { System, TcpAddress } from "../../system/system.ts";
import { RestoredServer } from "./restored_server.ts";

type AdminSettings = Pick<Settings, "adminBind" | "adminToken" | "adminTokenFile">;

/** What clients of the admin address need to show. Throws DenicornError `admin-token`. */
export function adminAccess(system: System, settings: AdminSettings): AdminAccess {
  const isGuarded = settings.adminBind !== undefined && !isLoopback(settings.adminBind);
  return { token: adminToken(system, settings), isGuarded };
}

/** Gives new connections to the second of two listeners. Without the first one the kernel has no choice anyway. */
const secondOfTwo = encodeProgram(steeringProgram(2, [1]));

/** Serves the admin address of a running master. */
export class AdminAddress {
  readonly #system: System;
  readonly #logger: Logger;
  readonly #access: AdminAccess;
  readonly #server: RestoredServer<ReturnType<typeof serveAdmin>> | null;
  /** The old master of an upgrade listens on the address, too. */
  #isShared = false;

  constructor(
    system: System,
    logger: Logger,
    { adminBind: bind }: Pick<AdminSettings, "adminBind">,
    access: AdminAccess,
    master: RunningMaster,
  ) {
    this.#system = system;
    this.#logger = logger;
    this.#access = access;
    if (bind === undefined) {
      this.#server = null;
      return;
    }
    // Port 0 means any port, and then always that one.
    let address = bind;
    this.#server = new RestoredServer(system, logger, `admin address ${formatAddress(bind)}`, () => {
      if (!this.#isShared) probeAdmin(system, address);
      const server = serveAdmin(system, address, access, master);
      address = server.address;
      return server;
    });
  }

  /** Listens, if an address is set. Throws DenicornError `admin-bind`. */
  async open(): Promise<void> {
    const server = await this.#server?.open();
    if (server !== undefined) this.#report(server.address);
  }

  /**
   * Listens beside the old master of an upgrade, and takes all new connections. Throws DenicornError `admin-bind`.
   */
  async take(): Promise<void> {
    this.#isShared = true;
    try {
      const server = await this.#server?.open();
      if (server === undefined) return;
      this.#steerTo(server.descriptor);
      this.#report(server.address);
    } finally {
      this.#isShared = false;
    }
  }

  #report(address: TcpAddress): void {
    const { token, isGuarded } = this.#access;
    const only = token === null && isGuarded
      ? " answers only probes (/healthz, /readyz) without admin-token-file"
      : "";
    this.#logger.info`admin address: http://${formatAddress(address) + only}`;
  }

  #steerTo(descriptor: number | null): void {
    try {
      if (descriptor !== null) this.#system.sockets.steer(descriptor, secondOfTwo);
    } catch {
      // This host cannot steer: until the old master closes its listener it gets some of the connections.
    }
  }

  /** A successor serves the address: closes it when nothing is on its way to this master. */
  async handOver(): Promise<void> {
    await this.#server?.handOver(() => true);
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
