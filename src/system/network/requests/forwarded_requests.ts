/**
 * Requests of proxies: `info.remoteAddr` and `request.url` name their client, and what others write into the headers of
 * proxies is not there. The runtime's own getters are changed once, so copies of a request agree with it, and nothing is
 * looked up before the app asks for the address, the URL or the headers.
 */

import type { ForwardedClient, ForwardedHeaders } from "../../../core/http/forwarded.ts";
import { attempt } from "../../../core/thrown.ts";
import type { RequestInfo } from "../network.ts";
import {
  directGetters,
  type Field,
  hasHeader,
  headerOf,
  namedClient,
  readGetters,
  type Received,
  receivedIn,
} from "./received.ts";

export interface ProxyRule {
  /** Then nothing is looked up for the URL and the address. */
  readonly trustsNobody: boolean;
  /** Whether the headers of this peer are believed. `null`: it came over a Unix socket. */
  isTrusted(peer: string | null): boolean;
  clientOf(headers: ForwardedHeaders): ForwardedClient;
}

const names = {
  forwardedFor: "x-forwarded-for",
  forwardedProto: "x-forwarded-proto",
  forwardedHost: "x-forwarded-host",
  forwarded: "forwarded",
} as const;
const ofProxies: ReadonlySet<string> = new Set(Object.values(names));
const shortest = names.forwarded.length;

type Address = RequestInfo["remoteAddr"];

let followed: ProxyRule | null = null;
let isDirect = false;

/** The address of the peer itself, whatever a proxy says. */
export function directAddress(info: Pick<RequestInfo, "remoteAddr">): Address {
  isDirect = true;
  try {
    return info.remoteAddr;
  } finally {
    isDirect = false;
  }
}

/** The URL by the request line and Host, whatever a proxy says. */
export function directUrl(request: { readonly url: string }): string {
  const getters = directGetters();
  const received = getters === null ? undefined : receivedIn(request);
  return received === undefined ? request.url : getters!.url.call(received);
}

/** From now on `request.url` is this one, with what a proxy says. A new Request could not be upgraded to a WebSocket. */
export function changeUrl(request: Request, url: string): void {
  const received = receivedIn(request);
  if (received === undefined) Object.defineProperty(request, "url", { value: url, configurable: true });
  else Object.defineProperty(received, "url", { value: () => withOrigin(received, url), configurable: true });
}

/**
 * From now on requests of the runtime's servers follow `rule`. Call it with the first one, before anything is read of it.
 * Nothing changes on a runtime that keeps requests in another way.
 */
export function follow(rule: ProxyRule, first: Request): void {
  followed = rule;
  const received = directGetters() === null ? receivedIn(first) : undefined;
  const getters = received === undefined ? null : readGetters(received);
  if (received === undefined || getters === null) return;
  const { fields, address, url, header } = getters;
  Object.defineProperties(Object.getPrototypeOf(received), {
    headerList: {
      configurable: true,
      get(this: Received): readonly Field[] {
        const all = fields.call(this);
        return !all.some(isOfProxy) || isTrusted(this, address)
          ? all
          : all.filter((field) => !isOfProxy(field));
      },
    },
    remoteAddr: {
      configurable: true,
      get(this: Received): Address {
        const peer = address.call(this);
        if (isDirect) return peer;
        const client = addressFor(this);
        return client === null ? namedClient(this) ?? peer : { transport: "tcp", hostname: client, port: 0 };
      },
    },
    url: {
      configurable: true,
      writable: true,
      value(this: Received): string {
        return withOrigin(this, url.call(this));
      },
    },
    ...(header === undefined ? {} : {
      header: {
        configurable: true,
        writable: true,
        value(this: Received, name: string): string | null {
          const value = header.call(this, name);
          return value !== null && isProxyName(name) && !isTrusted(this, address) ? null : value;
        },
      },
    }),
  });
}

function isProxyName(name: string): boolean {
  return name.length >= shortest && ofProxies.has(name.toLowerCase());
}

function isOfProxy([name]: Field): boolean {
  return isProxyName(name);
}

function isTrusted(received: Received, addressOf: (this: Received) => Address): boolean {
  return attempt(() => {
    const { transport, hostname } = namedClient(received) ?? addressOf.call(received);
    return followed!.isTrusted(transport === "unix" ? null : hostname ?? "");
  }, false);
}

/** Whether the peer that has sent it is believed; false for a request that an app has made itself. */
export function isFromTrusted(request: object): boolean {
  const received = followed === null ? undefined : receivedIn(request);
  return received !== undefined && isTrusted(received, directGetters()!.address);
}

const addressNames = [names.forwardedFor, names.forwarded];
const urlNames = [names.forwardedProto, names.forwardedHost, names.forwarded];

/** `null` if no trusted proxy names it, and after the end of the request. */
function addressFor(received: Received): string | null {
  try {
    return !followed!.trustsNobody && hasHeader(received, addressNames) ? clientOf(received).address : null;
  } catch {
    return null;
  }
}

/** Most requests have none of these headers, so no more is looked up than can change the URL. */
function withOrigin(received: Received, url: string): string {
  try {
    if (followed!.trustsNobody || !hasHeader(received, urlNames)) return url;
    const { scheme, host } = clientOf(received);
    const [, given = "", authority = "", rest = ""] = /^([a-z]+):\/\/([^/?#]*)(.*)$/s.exec(url) ?? [];
    return given === "" ? url : `${scheme ?? given}://${host ?? authority}${rest}`;
  } catch {
    // The request has ended.
    return url;
  }
}

const unknown: ForwardedClient = { address: null, scheme: null, host: null };

function clientOf(received: Received): ForwardedClient {
  if (!isTrusted(received, directGetters()!.address)) return unknown;
  const value = (name: string) => headerOf(received.request, name);
  return followed!.clientOf({
    forwardedFor: value(names.forwardedFor),
    forwardedProto: value(names.forwardedProto),
    forwardedHost: value(names.forwardedHost),
    forwarded: value(names.forwarded),
  });
}
