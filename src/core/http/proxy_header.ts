/**
 * The header of the PROXY protocol, with which a proxy begins a connection: who its client is
 * (proxy-protocol.txt of HAProxy). Version 1 is a line of text, version 2 is binary.
 */

import { addressBytes } from "./ip_ranges.ts";

export interface ProxiedClient {
  readonly hostname: string;
  readonly port: number;
}

type ProxyHeader =
  /** At least so many bytes belong to it, so that many can be read without taking any of the request. */
  | { readonly is: "unfinished"; readonly length: number }
  /** `null`: the proxy itself asks, or does not say for whom. */
  | { readonly is: "complete"; readonly client: ProxiedClient | null }
  | { readonly is: "none" };

/** `PROXY UNKNOWN` with the end of its line; the signature of version 2 is shorter. */
const shortest = 15;
const signature = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10];
const fixedLength = 16;
/** Both addresses, and what proxies add to them. */
const longestAddition = 4_096;
/** Of version 1, with the end of its line. */
const longestLine = 107;

const none: ProxyHeader = { is: "none" };

/** What the first `bytes` of a connection are. */
export function proxyHeader(bytes: Uint8Array): ProxyHeader {
  if (bytes.length < shortest) return { is: "unfinished", length: shortest };
  return signature.every((byte, index) => bytes[index] === byte) ? binary(bytes) : line(bytes);
}

function line(bytes: Uint8Array): ProxyHeader {
  const text = String.fromCharCode(...bytes);
  if (!text.startsWith("PROXY ")) return none;
  if (!text.endsWith("\r\n")) {
    return text.includes("\n") || bytes.length >= longestLine
      ? none
      : { is: "unfinished", length: bytes.length + 1 };
  }
  if (/^PROXY UNKNOWN[ \r]/.test(text)) return { is: "complete", client: null };
  const [, family, hostname = "", destination = "", port, otherPort] =
    /^PROXY TCP([46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})\r\n$/.exec(text) ?? [];
  const isOfFamily = (address: string) =>
    addressBytes(address) !== null && address.includes(":") === (family === "6");
  const arePorts = [port, otherPort].every((port) => Number(port) <= 65_535);
  return isOfFamily(hostname) && isOfFamily(destination) && arePorts
    ? { is: "complete", client: { hostname, port: Number(port) } }
    : none;
}

function binary(bytes: Uint8Array): ProxyHeader {
  if (bytes.length < fixedLength) return { is: "unfinished", length: fixedLength };
  const [version, family] = [bytes[12]!, bytes[13]!];
  const length = (bytes[14]! << 8) | bytes[15]!;
  if (version >> 4 !== 2 || (version & 15) > 1 || length > longestAddition) return none;
  if (bytes.length < fixedLength + length) return { is: "unfinished", length: fixedLength + length };
  const isLocal = (version & 15) === 0;
  if (isLocal || family >> 4 === 0 || family >> 4 === 3) return { is: "complete", client: null };
  const size = family >> 4 === 1 ? 4 : family >> 4 === 2 ? 16 : 0;
  if (size === 0 || length < 2 * size + 4) return none;
  const address = bytes.subarray(fixedLength, fixedLength + size);
  const at = fixedLength + 2 * size;
  const port = (bytes[at]! << 8) | bytes[at + 1]!;
  return { is: "complete", client: { hostname: size === 4 ? address.join(".") : ipv6(address), port } };
}

/** In the canonical spelling. */
function ipv6(bytes: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((bytes[2 * index]! << 8) | bytes[2 * index + 1]!).toString(16),
  );
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}
