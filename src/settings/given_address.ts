/** `--host` and `--port`, as most servers have them: each takes the place of a part of the address that is in force without it. */

import { DenicornError } from "../core/errors.ts";
import type { BindAddress } from "../system/system.ts";
import type { Flag } from "./flags.ts";
import { isPort, parseAddress } from "./kinds/address.ts";
import { quote } from "./mistake.ts";

/** One of them, or both. */
export interface GivenAddress {
  readonly hostname: string | undefined;
  readonly port: number | undefined;
}

export const addressFlags: readonly Flag[] = [
  { name: "port", short: undefined, needs: "a port from 0 to 65535" },
  { name: "host", short: undefined, needs: "a host to listen on, such as 0.0.0.0" },
];

/** `null` if neither is given. Throws DenicornError `usage`. */
export function addressIn(values: ReadonlyMap<string, readonly string[]>): GivenAddress | null {
  const [port, host] = [values.get("port")?.at(-1), values.get("host")?.at(-1)];
  if (port === undefined && host === undefined) return null;
  const bind = values.get("bind")?.at(-1);
  if (bind !== undefined) {
    const flag = port === undefined ? "--host" : "--port";
    throw new DenicornError(
      "usage",
      `${flag} (command line) and --bind ${quote(bind)} both name an address: give one`,
    );
  }
  if (port !== undefined && !isPort(port)) throw refused("--port", port, "give a port from 0 to 65535");
  return {
    hostname: host === undefined ? undefined : hostnameOf(host),
    port: port === undefined ? undefined : Number(port),
  };
}

/** Without the brackets of an address of IPv6, which need not be there. */
function hostnameOf(host: string): string {
  const isBare = !host.startsWith("[") && host.split(":").length > 2;
  const found = parseAddress(`${isBare ? `[${host}]` : host}:0`);
  if (found === undefined) {
    throw refused("--host", host, "give a host, such as 0.0.0.0; what has a port, too, is --bind");
  }
  return found.hostname;
}

function refused(flag: string, given: string, advice: string): DenicornError {
  return new DenicornError("usage", `${flag}: ${quote(given)} (command line) is not accepted: ${advice}`);
}

/** As which of them a message names it. */
export function flagOf({ port }: GivenAddress): string {
  return port === undefined ? "--host" : "--port";
}

/**
 * For `bind`. What is not given is that of `below`, the address of the environment or the config file, so that a platform's
 * PORT counts beside `--host`; and 127.0.0.1 or 8000 if there is not one of TCP.
 */
export function completed({ hostname, port }: GivenAddress, below: readonly BindAddress[]): BindAddress {
  const [only, ...others] = below;
  const known = only !== undefined && others.length === 0 && "port" in only
    ? only
    : { hostname: "127.0.0.1", port: 8000 };
  return { ...known, hostname: hostname ?? known.hostname, port: port ?? known.port };
}
