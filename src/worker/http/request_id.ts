/**
 * The id of a request: what a trusted proxy has given it, or a new one. It is read or made when it is needed, for the app,
 * the access log or a line about an error, so that other requests do not pay for it; from then on it stays.
 */

import { attempt } from "../../core/thrown.ts";
import { isFromTrusted } from "../../system/network/requests/forwarded_requests.ts";
import { headerOf } from "../../system/network/requests/received.ts";
import type { NodeRequest } from "../../system/system.ts";

interface RequestIdRule {
  /** In small letters. */
  readonly header: string;
  /** Whether what this address says is believed; those of `fetch` are judged like all else that proxies say. */
  isTrusted(address: string): boolean;
  newId(): string;
}

let rule: RequestIdRule | null = null;

/** From now on ids are read and made in this way. */
export function useRequestIds(next: RequestIdRule): void {
  rule = next;
}

/**
 * Returns a function that makes ids: what `start` says, and a number. An id is no secret, and this takes a hundredth of the
 * time of a random one.
 */
export function counted(start: string): () => string {
  let count = 0;
  return () => `${start}-${(++count).toString(36)}`;
}

class Same {
  constructor(object: object) {
    return object;
  }
}

/**
 * An id kept at any object, where the app does not see it. In a WeakMap with an entry for each request it would cost time
 * at each collection.
 */
class Named extends Same {
  #id!: string;

  static keep(object: object, id: string): void {
    if (#id in object) object.#id = id;
    else new Named(object).#id = id;
  }

  static idOf(object: object): string | undefined {
    return #id in object ? object.#id : undefined;
  }
}

const originals = new WeakMap<object, object>();

/** The app gets `copy` in place of `original`: an id that it asks for is that of both. */
export function isCopyOf(copy: object, original: object): void {
  originals.set(copy, original);
}

/** `undefined` if it has none so far. */
export function requestIdOf(request: object): string | undefined {
  const known = Named.idOf(request);
  return known ?? ("headers" in request ? givenId(request as Request) : undefined);
}

/** The same for a request of `node:http`. */
export function nodeRequestIdOf(request: Pick<NodeRequest, "headers" | "socket">): string | undefined {
  return Named.idOf(request) ?? nodeGivenId(request);
}

/** A request without an id gets a new one, and keeps it. */
export function namedRequestId(request: Request | NodeRequest): string {
  const known = Named.idOf(request);
  if (known !== undefined) return known;
  const id = ("socket" in request ? nodeGivenId(request) : givenId(request)) ?? rule!.newId();
  Named.keep(request, id);
  return id;
}

/** The same for the app. Throws TypeError for anything but a request. */
export function requestIdFor(request: unknown): string {
  const headers: unknown = attempt(() => (request as { headers?: unknown }).headers, undefined);
  if (typeof request !== "object" || request === null || typeof headers !== "object" || headers === null) {
    throw new TypeError("cannot give a context: the argument is not a request: pass the request, or nothing");
  }
  return namedRequestId((originals.get(request) ?? request) as Request | NodeRequest);
}

function givenId(request: Request): string | undefined {
  if (rule === null) return undefined;
  const { header } = rule;
  // After the end of a request the runtime throws for headers that were not read before.
  const value = attempt(() => headerOf(request, header), null);
  return value !== null && isFromTrusted(request) ? saneRequestId(value) : undefined;
}

function nodeGivenId({ headers, socket }: Pick<NodeRequest, "headers" | "socket">): string | undefined {
  const value = rule === null ? undefined : headers[rule.header];
  return value !== undefined && rule!.isTrusted(socket?.remoteAddress ?? "")
    ? saneRequestId(value)
    : undefined;
}

/** What is long, or not one word of ASCII, is no id. */
function saneRequestId(value: unknown): string | undefined {
  return typeof value === "string" && /^[!-~]{1,128}$/.test(value) ? value : undefined;
}
