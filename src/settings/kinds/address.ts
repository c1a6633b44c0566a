import { formatAddress } from "../../system/network/listen_error.ts";
import type { BindAddress, ListenAddress, TcpAddress } from "../../system/system.ts";
import type { Kind } from "./kind.ts";

/** `host:port`, `[v6]:port`, or `:port` for all interfaces. */
export const address: Kind<TcpAddress, `${string}:${string}`> = {
  accepts: "host:port, [v6]:port or :port, with a port from 0 to 65535",
  type: "`${string}:${string}`",
  placeholder: "ADDRESS",
  parse: (given) => typeof given === "string" ? parseAddress(given) : undefined,
  show: formatAddress,
  plain: formatAddress,
};

/** The same, perhaps with a scheme that says whether it is for TLS; or the file of a Unix socket; or an inherited one. */
export const bindAddress: Kind<BindAddress, `${string}:${string}`> = {
  ...address,
  accepts: `${address.accepts}, perhaps after http:// or https://; or unix:PATH; or fd://NUMBER`,
  parse(given) {
    if (typeof given !== "string") return undefined;
    if (given.startsWith(unixPrefix)) return parseUnix(given.slice(unixPrefix.length));
    if (given.startsWith(inheritedPrefix)) return parseInherited(given.slice(inheritedPrefix.length));
    const [, scheme, rest = ""] = /^(?:(https?):\/\/)?(.*)$/s.exec(given) ?? [];
    const found = parseAddress(rest);
    return found === undefined || scheme === undefined
      ? found
      : { ...found, scheme: scheme as "http" | "https" };
  },
  show: formatBind,
  plain: formatBind,
  objection(given) {
    const text = String(given);
    if (isPort(text)) return `a port needs a host: give 127.0.0.1:${text}, or :${text} for all interfaces`;
    if (isStandardStream(text)) {
      return `0, 1 and 2 are the standard streams: let the process that starts denicorn pass the socket as fd://3 or higher`;
    }
    return undefined;
  },
};

const unixPrefix = "unix:";
const inheritedPrefix = "fd://";

/** What cannot be used is refused where the reason can be told. System calls end a string at its first NUL. */
function parseUnix(path: string): BindAddress | undefined {
  return path === "" || path.includes("\0") ? undefined : { path };
}

/** Workers have standard streams of their own. */
const lowestInherited = 3;

/** Linux has fewer file descriptors than that. */
const descriptorNumber = /^\d{1,9}$/;

function parseInherited(number: string): BindAddress | undefined {
  const isPossible = descriptorNumber.test(number) && Number(number) >= lowestInherited;
  return isPossible ? { descriptor: Number(number) } : undefined;
}

function isStandardStream(text: string): boolean {
  const number = text.slice(inheritedPrefix.length);
  return text.startsWith(inheritedPrefix) && descriptorNumber.test(number) &&
    Number(number) < lowestInherited;
}

function formatBind(bind: BindAddress): `${string}:${string}` {
  if ("descriptor" in bind) return `${inheritedPrefix}${bind.descriptor}`;
  if ("path" in bind) return `${unixPrefix}${bind.path}`;
  const { scheme, ...address }: ListenAddress = bind;
  return scheme === undefined ? formatAddress(address) : `${scheme}://${formatAddress(address)}`;
}

/** An address to send to. */
export const peer: Kind<TcpAddress, `${string}:${string}`> = {
  ...address,
  accepts: "host:port or [v6]:port, with a port from 1 to 65535",
  parse(given) {
    const found = typeof given === "string" && !given.startsWith(":") ? parseAddress(given) : undefined;
    return found?.port === 0 ? undefined : found;
  },
};

/** True for an address that only this machine can reach. */
export function isLoopback({ hostname }: TcpAddress): boolean {
  return hostname === "localhost" || hostname === "::1" || (isIpv4(hostname) && hostname.startsWith("127."));
}

/** A port number in decimal digits, as platforms pass it in `PORT`. */
export function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
}

/** `undefined` if it is not `host:port`. */
export function parseAddress(text: string): TcpAddress | undefined {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, colon);
  const port = text.slice(colon + 1);
  if (colon === -1 || !isPort(port)) return undefined;
  const hostname = host === "" ? "0.0.0.0" : parseHost(host);
  return hostname === undefined ? undefined : { hostname, port: Number(port) };
}

function parseHost(text: string): string | undefined {
  if (text.startsWith("[")) return parseIpv6(text);
  if (/^[\d.]+$/.test(text)) return isIpv4(text) ? text : undefined;
  const isName = text.length <= 253 && /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(text) &&
    !text.includes("..");
  return isName ? text.toLowerCase() : undefined;
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

/** In the canonical spelling, so that `[0:0::1]` and `[::1]` are equal. */
function parseIpv6(bracketed: string): string | undefined {
  if (!/^\[[0-9a-f:.]+\]$/i.test(bracketed)) return undefined;
  const url = URL.parse(`http://${bracketed}/`);
  return url === null ? undefined : url.hostname.slice(1, -1);
}
