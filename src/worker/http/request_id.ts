/**
 * The id that a proxy or a client gave a request, for lines about errors and for the app. It is read when it is needed, so
 * that other requests do not pay for it.
 */

import { attempt } from "../../core/thrown.ts";
import type { RequestLine } from "./in_flight_requests.ts";

const requestIdHeader = "x-request-id";

/** Of requests without an id, for whose id the app has asked. */
const made = new WeakMap<object, string>();

const originals = new WeakMap<object, object>();

/** The app gets `copy` in place of `original`: an id that it asks for is that of both. */
export function isCopyOf(copy: object, original: object): void {
  originals.set(copy, original);
}

/** `undefined` if it has none. */
export function requestIdOf(request: RequestLine & { readonly headers?: Headers }): string | undefined {
  // After the end of a request the runtime throws for headers that were not read before.
  return made.get(request) ?? saneRequestId(attempt(() => request.headers?.get(requestIdHeader), undefined));
}

/** The same for a request of `node:http`. */
export function nodeRequestIdOf(
  request: { readonly headers: Readonly<Record<string, unknown>> },
): string | undefined {
  return made.get(request) ?? saneRequestId(request.headers[requestIdHeader]);
}

/** For the app: a request without an id gets a new one, and keeps it. Throws TypeError for anything but a request. */
export function requestIdFor(request: unknown, newId: () => string): string {
  const headers: unknown = attempt(() => (request as { headers?: unknown }).headers, undefined);
  if (typeof request !== "object" || request === null || typeof headers !== "object" || headers === null) {
    throw new TypeError("cannot give a context: the argument is not a request: pass the request, or nothing");
  }
  const known = originals.get(request) ?? request;
  const found = made.get(known) ??
    saneRequestId(
      headers instanceof Headers
        ? headers.get(requestIdHeader)
        : (headers as Readonly<Record<string, unknown>>)[requestIdHeader],
    );
  if (found !== undefined) return found;
  const id = newId();
  made.set(known, id);
  return id;
}

/** Clients can send anything: what is long, or not one word of ASCII, is no id. */
function saneRequestId(value: unknown): string | undefined {
  return typeof value === "string" && /^[!-~]{1,128}$/.test(value) ? value : undefined;
}
