/**
 * Requests of proxies: `info.remoteAddr` and `request.url` name their client, and what others write into the headers of
 * proxies is not there. The runtime keeps a request in an object of its own, from which `request.headers`, `request.url`,
 * `info.remoteAddr`, `request.clone()` and `new Request(request)` read. So its getters are changed once, and all of these
 * agree; a request that has no such header costs nothing more.
 */

import type { ForwardedClient, ForwardedHeaders } from "../../core/http/forwarded.ts";
import { attempt } from "../../core/thrown.ts";
import type { RequestInfo } from "./network.ts";

export interface ProxyRule {
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

type Field = readonly [string, string];
type Address = RequestInfo["remoteAddr"];

/** The runtime's. */
interface Received {
  readonly headerList: readonly Field[];
  readonly remoteAddr: Address;
  url(): string;
  header?(name: string): string | null;
}

const { Request } = globalThis;
const inner = Object.getOwnPropertySymbols(new Request("http://localhost/")).find(({ description }) =>
  description === "request"
);

/** What the runtime's getters were before they were changed. */
interface Getters {
  readonly fields: (this: Received) => readonly Field[];
  readonly address: (this: Received) => Address;
  readonly url: (this: Received) => string;
  /** Deno 2.7 has none. */
  readonly header: ((this: Received, name: string) => string | null) | undefined;
}

/** `null` until the first request. */
let runtimes: Getters | null = null;
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
  const received = runtimes === null ? undefined : receivedIn(request);
  return received === undefined ? request.url : runtimes!.url.call(received);
}

/** From now on `request.url` is this one, with what a proxy says. A new Request could not be upgraded to a WebSocket. */
export function changeUrl(request: Request, url: string): void {
  const received = runtimes === null ? undefined : receivedIn(request);
  if (received === undefined) Object.defineProperty(request, "url", { value: url, configurable: true });
  else Object.defineProperty(received, "url", { value: () => withClient(received, url), configurable: true });
}

/**
 * From now on requests of the runtime's servers follow `rule`. Call it with the first one, before anything is read of it.
 * Nothing changes on a runtime that keeps requests in another way.
 */
export function follow(rule: ProxyRule, first: Request): void {
  followed = rule;
  const received = runtimes === null ? receivedIn(first) : undefined;
  if (received === undefined) return;
  const prototype: object = Object.getPrototypeOf(received);
  const own: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(prototype);
  const [fields, address, url] = [own["headerList"]?.get, own["remoteAddr"]?.get, own["url"]?.value];
  if (fields === undefined || address === undefined || typeof url !== "function") return;
  runtimes = { fields, address, url, header: own["header"]?.value };
  Object.defineProperties(prototype, {
    headerList: { configurable: true, get: followedFields },
    remoteAddr: { configurable: true, get: followedAddress },
    url: { configurable: true, writable: true, value: followedUrl },
  });
  if (runtimes.header !== undefined) {
    Object.defineProperty(prototype, "header", { configurable: true, writable: true, value: followedHeader });
  }
}

function receivedIn(request: object): Received | undefined {
  const found = inner === undefined
    ? undefined
    : (request as unknown as Record<symbol, Received | undefined>)[inner];
  // What an app has made itself is kept as a plain object.
  return found === undefined || Object.getPrototypeOf(found) === Object.prototype ? undefined : found;
}

function followedFields(this: Received): readonly Field[] {
  const fields = runtimes!.fields.call(this);
  const isOfProxy = ([name]: Field) => ofProxies.has(name.toLowerCase());
  return !fields.some(isOfProxy) || isTrusted(this) ? fields : fields.filter((field) => !isOfProxy(field));
}

function followedHeader(this: Received, name: string): string | null {
  const value = runtimes!.header!.call(this, name);
  return value !== null && ofProxies.has(name.toLowerCase()) && !isTrusted(this) ? null : value;
}

function followedAddress(this: Received): Address {
  const address = runtimes!.address.call(this);
  const client = isDirect ? null : clientOf(this)?.address ?? null;
  return client === null ? address : { transport: "tcp", hostname: client, port: 0 };
}

function followedUrl(this: Received): string {
  return withClient(this, runtimes!.url.call(this));
}

function isTrusted(received: Received): boolean {
  return attempt(() => {
    const { transport, hostname } = runtimes!.address.call(received);
    return followed!.isTrusted(transport === "unix" ? null : hostname ?? "");
  }, false);
}

/** `null` if no trusted proxy says anything of it, and after the end of the request. */
function clientOf(received: Received): ForwardedClient | null {
  return attempt(() => {
    const headers: ForwardedHeaders = {
      forwardedFor: valueOf(received, names.forwardedFor),
      forwardedProto: valueOf(received, names.forwardedProto),
      forwardedHost: valueOf(received, names.forwardedHost),
      forwarded: valueOf(received, names.forwarded),
    };
    const isSaid = Object.values(headers).some((value) => value !== null);
    return isSaid && isTrusted(received) ? followed!.clientOf(headers) : null;
  }, null);
}

function valueOf(received: Received, name: string): string | null {
  const { header, fields } = runtimes!;
  if (header !== undefined) return header.call(received, name);
  const values = fields.call(received).filter((field) => field[0] === name).map((field) => field[1]);
  return values.length === 0 ? null : values.join(", ");
}

function withClient(received: Received, url: string): string {
  const client = clientOf(received);
  if (client === null || (client.scheme === null && client.host === null)) return url;
  const [, scheme = "", authority = "", rest = ""] = /^([a-z]+):\/\/([^/?#]*)(.*)$/s.exec(url) ?? [];
  return scheme === "" ? url : `${client.scheme ?? scheme}://${client.host ?? authority}${rest}`;
}
