/** Sockets that systemd has opened for this server, or another service manager that speaks as it does: sd_listen_fds(3). */

import { type ActivatedSocket, activatedSockets } from "../../core/listeners/socket_activation.ts";
import type { Logger } from "../../log/logger.ts";
import { activatedOrigin } from "../../settings/activated_bind.ts";
import { bindAddress } from "../../settings/kinds/address.ts";
import { inheritedIn } from "../../settings/listen_addresses.ts";
import type { Resolved } from "../../settings/values.ts";
import type { System } from "../../system/system.ts";

export interface Activation {
  readonly sockets: readonly ActivatedSocket[];
  /** Why sockets that the environment speaks of are not for this process; `null` if there are none. */
  readonly refused: string | null;
}

const variables = { fds: "LISTEN_FDS", pid: "LISTEN_PID", names: "LISTEN_FDNAMES" } as const;

/**
 * Call it before any process is started: none takes the sockets for its own, neither by the variables, which are removed,
 * nor by accident.
 */
export function takeActivation({ host, descriptors }: Pick<System, "host" | "descriptors">): Activation {
  const { fds, pid, names } = variables;
  const values = { fds: host.env(fds), pid: host.env(pid), names: host.env(names) };
  Object.values(variables).forEach((name) => host.setEnv(name, undefined));
  const found = activatedSockets(values, host.pid);
  if (typeof found === "string") return { sockets: [], refused: found };
  for (const { descriptor } of found) {
    try {
      descriptors.keep(descriptor);
    } catch {
      // It is not open: whether that matters is known when it is to be served.
    }
  }
  return { sockets: found, refused: null };
}

/** What an operator should know of it. */
export function reportActivation(
  logger: Logger,
  { sockets, refused }: Activation,
  { settings, origins }: Resolved,
): void {
  if (refused !== null) logger.warning`sockets of LISTEN_FDS are not taken: ${refused}`;
  if (origins.bind.startsWith(activatedOrigin) && origins.bind !== activatedOrigin) {
    logger.info`bind is ${settings.bind.map(bindAddress.show).join(", ")} (${origins.bind})`;
  }
  const served = inheritedIn(settings);
  const left = sockets.filter(({ descriptor }) => !served.includes(descriptor));
  for (const { descriptor, name } of left) {
    const text = name === undefined ? `fd://${descriptor}` : `fd://${descriptor} (${name})`;
    logger
      .warning`${text} of LISTEN_FDS is not served, so its clients wait: add it to bind, or leave every fd:// out of bind`;
  }
}
