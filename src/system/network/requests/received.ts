/**
 * A request that a server of the runtime has received: the object in which the runtime keeps it, from which
 * `request.headers`, `request.url`, `info.remoteAddr`, `request.clone()` and `new Request(request)` read.
 */

import { isDeno27, symbolOf } from "../../runtime_internals.ts";
import type { RequestInfo } from "../network.ts";

/** Name and value. */
export type Field = readonly [string, string];

/** The runtime's. */
export interface Received {
  readonly headerList: readonly Field[];
  readonly remoteAddr: RequestInfo["remoteAddr"];
  /** Settled when the response was sent. */
  readonly completed: Promise<void>;
  /** What the app gets. */
  readonly request: Request;
  url(): string;
  header?(name: string): string | null;
}

/** What the runtime's getters are before anything changes them. */
interface Getters {
  readonly fields: (this: Received) => readonly Field[];
  readonly address: (this: Received) => RequestInfo["remoteAddr"];
  readonly url: (this: Received) => string;
  /** Deno 2.7 has none. */
  readonly header: ((this: Received, name: string) => string | null) | undefined;
}

/** An app may replace the global ones. */
const { Request, Headers } = globalThis;

const inner = symbolOf(new Request("http://localhost/"), "request");
const list = symbolOf(new Headers(), "header list");

/**
 * Whether the runtime refuses a request with Content-Length and Transfer-Encoding. Deno 2.7 drops a Content-Length that
 * comes second, so that case cannot be seen.
 */
export const refusesBothFramings = !isDeno27;

let getters: Getters | null = null;
let areUnixUrlsMended = false;

/** Of requests whose connection named its client; `null` as long as there is none. */
let named: WeakMap<Received, RequestInfo["remoteAddr"]> | null = null;

/** From now on the request comes from `client`, as its connection says. */
export function nameClient(request: Request, client: RequestInfo["remoteAddr"]): void {
  const received = receivedIn(request);
  if (received !== undefined) (named ??= new WeakMap()).set(received, client);
}

/** `undefined` if its connection names none. */
export function namedClient(received: Received): RequestInfo["remoteAddr"] | undefined {
  return named?.get(received);
}

/** From now on `request.url` has the scheme http if the request came over a Unix socket. Call it before there is one. */
export function mendUnixUrls(): void {
  areUnixUrlsMended = true;
}

const plus = "+".charCodeAt(0);
const unixScheme = "http+unix://";

/** The runtime names another scheme, and without a Host header the path of the socket, its slashes encoded. */
function mendedUrl(url: string): string {
  if (url.charCodeAt(4) !== plus) return url;
  const rest = url.slice(unixScheme.length);
  const path = rest.indexOf("/");
  const isHost = path !== 0 && !rest.slice(0, path).includes("%");
  return isHost ? `http://${rest}` : `http://localhost${rest.slice(path)}`;
}

/** `null` until `readGetters`, and on a runtime that keeps requests in another way. */
export function directGetters(): Getters | null {
  return getters;
}

/** Call it with the first request, before the getters are changed. */
export function readGetters(received: Received): Getters | null {
  const own: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(received));
  const [fields, address, url] = [own["headerList"]?.get, own["remoteAddr"]?.get, own["url"]?.value];
  if (fields === undefined || address === undefined || typeof url !== "function") return null;
  return getters = {
    fields,
    address,
    url: areUnixUrlsMended ? mendedBy(url) : url,
    header: own["header"]?.value,
  };
}

function mendedBy(url: Getters["url"]): Getters["url"] {
  return function (this: Received) {
    return mendedUrl(url.call(this));
  };
}

/** `undefined` for a request that an app has made itself. */
export function receivedIn(request: object): Received | undefined {
  if (inner === undefined) return undefined;
  const found = (request as Readonly<Record<symbol, Received | undefined>>)[inner];
  return found === undefined || Object.getPrototypeOf(found) === Object.prototype ? undefined : found;
}

/**
 * The value of the header `name`, in small letters; several fields are joined by ", ". `null` if there is none.
 * `request.headers` makes an object of all of them, which the app may never need: 3,800 instructions of 31,000 per request
 * on Deno 2.9. There the runtime can read a single one without it, for 300 to 600. Deno 2.7 has no such way, but its
 * object keeps what it has read.
 */
export function headerOf(request: Request, name: string): string | null {
  const header = getters?.header;
  const received = header === undefined ? undefined : receivedIn(request);
  if (received !== undefined) return header!.call(received, name);
  const fields = fieldsOf(request);
  return fields === undefined ? request.headers.get(name) : valueIn(fields, name);
}

/** Whether there is a header of one of these names, in small letters. */
export function hasHeader(received: Received, names: readonly string[]): boolean {
  const header = getters?.header;
  if (header !== undefined) {
    for (let index = 0; index < names.length; index++) {
      if (header.call(received, names[index]!) !== null) return true;
    }
    return false;
  }
  const fields = fieldsOf(received.request) ?? getters!.fields.call(received);
  for (let index = 0; index < fields.length; index++) if (names.includes(fields[index]![0])) return true;
  return false;
}

/** Names are in small letters there, because the runtime has parsed them; `headers.get` converts each of them once more. */
function fieldsOf({ headers }: Request): readonly Field[] | undefined {
  if (list === undefined) return undefined;
  return (headers as unknown as Readonly<Record<symbol, readonly Field[] | null>>)[list] ?? undefined;
}

function valueIn(fields: readonly Field[], name: string): string | null {
  let value: string | null = null;
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index]!;
    if (field[0] === name) value = value === null ? field[1] : `${value}, ${field[1]}`;
  }
  return value;
}
