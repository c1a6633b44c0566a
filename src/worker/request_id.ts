/**
 * The id that a proxy or a client gave a request, for lines about errors. It is read when such a line is written, so that
 * other requests do not pay for it.
 */

import { attempt } from "../core/thrown.ts";
import type { RequestLine } from "./in_flight_requests.ts";

export const requestIdHeader = "x-request-id";

/** `undefined` if it has none. */
export function requestIdOf(request: RequestLine & { readonly headers?: Headers }): string | undefined {
  // After the end of a request the runtime throws for headers that were not read before.
  return saneRequestId(attempt(() => request.headers?.get(requestIdHeader), undefined));
}

/** Clients can send anything: what is long, or not one word of ASCII, is no id. */
export function saneRequestId(value: unknown): string | undefined {
  return typeof value === "string" && /^[!-~]{1,128}$/.test(value) ? value : undefined;
}
