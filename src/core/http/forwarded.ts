/**
 * What proxies say about the request that they got: X-Forwarded-For, -Proto and -Host, or Forwarded (RFC 7239). Each proxy
 * adds what it has seen at the right, so only what trusted proxies have added can be believed.
 */

import { isAuthority } from "./authority.ts";
import { addressBytes } from "./ip_ranges.ts";

export interface ForwardedHeaders {
  readonly forwardedFor: string | null;
  readonly forwardedProto: string | null;
  readonly forwardedHost: string | null;
  /** Counts only if none of the others is there: a proxy writes one kind, and passes on what clients write of the other. */
  readonly forwarded: string | null;
}

/** What is known of the client; `null` for what is not said, or not in a way that can be used. */
export interface ForwardedClient {
  readonly address: string | null;
  readonly scheme: "http" | "https" | null;
  readonly host: string | null;
}

interface Hop {
  readonly node: string | null;
  readonly proto: string | null;
  readonly host: string | null;
}

/** The nearest hop that is not a trusted proxy is the client: what stands left of it is only what that one says. */
export function forwardedClient(
  headers: ForwardedHeaders,
  isTrusted: (address: string) => boolean,
): ForwardedClient {
  const { forwardedFor, forwardedProto, forwardedHost, forwarded } = headers;
  if (forwardedFor === null && forwardedProto === null && forwardedHost === null) {
    return clientAmong(forwarded === null ? [] : hopsOf(forwarded), isTrusted);
  }
  const nodes = forwardedFor === null ? [] : forwardedFor.split(",");
  const { address } = clientAmong(
    nodes.map((node) => ({ node: node.trim(), proto: null, host: null })),
    isTrusted,
  );
  return { address, scheme: schemeIn(lastOf(forwardedProto)), host: hostIn(lastOf(forwardedHost)) };
}

function clientAmong(hops: readonly Hop[], isTrusted: (address: string) => boolean): ForwardedClient {
  let address: string | null = null;
  let [scheme, host]: [ForwardedClient["scheme"], string | null] = [null, null];
  for (let index = hops.length - 1; index >= 0; index--) {
    const hop = hops[index]!;
    const named = hop.node === null ? null : nodeAddress(hop.node);
    // Hidden, unknown or garbage: the nearest proxy that has a name stands for it.
    if (named === null) break;
    address = named;
    scheme = schemeIn(hop.proto) ?? scheme;
    host = hostIn(hop.host) ?? host;
    if (!isTrusted(named)) break;
  }
  return { address, scheme, host };
}

/** The address of `192.0.2.1:80` or `[2001:db8::1]:80`; `null` for `unknown`, `_hidden` and garbage. */
function nodeAddress(node: string): string | null {
  const text = /^\[(.*)\](?::\w{1,6})?$/.exec(node)?.[1] ?? /^([\d.]+)(?::\w{1,6})?$/.exec(node)?.[1] ?? node;
  return addressBytes(text) === null ? null : text.toLowerCase();
}

function lastOf(list: string | null): string | null {
  return list === null ? null : list.slice(list.lastIndexOf(",") + 1).trim();
}

function schemeIn(proto: string | null): ForwardedClient["scheme"] {
  const text = proto?.toLowerCase();
  return text === "http" || text === "https" ? text : null;
}

function hostIn(host: string | null): string | null {
  return host !== null && isAuthority(host) ? host : null;
}

const token = "[!#$%&'*+.^_`|~\\w-]+";
const pair = new RegExp(`^\\s*(${token})=(?:(${token})|"((?:[^"\\\\]|\\\\.)*)")\\s*$`);

/** The elements of `for=192.0.2.1;proto=https, for="[::1]:80"`. One that cannot be read names nobody. */
function hopsOf(header: string): Hop[] {
  return partsOf(header, ",").map((element) => {
    const values = new Map<string, string>();
    for (const part of partsOf(element, ";")) {
      const [, key, plain, quoted] = pair.exec(part) ?? [];
      if (key === undefined) return { node: null, proto: null, host: null };
      values.set(key.toLowerCase(), plain ?? quoted!.replace(/\\(.)/g, "$1"));
    }
    const value = (name: string) => values.get(name) ?? null;
    return { node: value("for"), proto: value("proto"), host: value("host") };
  });
}

/** Parts between separators that are not in quotes. */
function partsOf(text: string, separator: string): string[] {
  const parts = [""];
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (isQuoted && character === "\\") {
      parts[parts.length - 1] += character + (text[++index] ?? "");
      continue;
    }
    if (character === '"') isQuoted = !isQuoted;
    if (character === separator && !isQuoted) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts;
}
