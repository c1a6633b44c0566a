/**
 * What the access log needs to know of a request and its response besides what is counted anyway. Of a request it is read
 * when that arrives: after its response is sent, the runtime throws for all of it.
 */

import type { AccessNeeds } from "../../core/access_format.ts";
import { headerOf } from "../../system/network/requests/received.ts";
import type { ChunkCount } from "../../system/network/responses/response_chunks.ts";
import { declaredSize, wholeSize } from "../../system/network/responses/response_size.ts";
import type { NodeRequest, NodeResponse, RequestInfo } from "../../system/system.ts";
import { headersOf } from "./faults.ts";
import { namedRequestId } from "./request_id.ts";

export interface AccessDetails {
  readonly address: string;
  /** `null` if it is not needed. */
  readonly protocol: string | null;
  /** Those that are needed, in their order. */
  readonly requestHeaders: readonly (string | null)[];
  responseHeaders: readonly (string | null)[];
  /** Bytes of the body that were sent; `null` if that is unknown. */
  size: number | null;
  /** `null` if it is not needed. */
  readonly requestId: string | null;
  /** The runtime may compress the response, and does not say how many bytes that leaves. */
  readonly mayBeCompressed: boolean;
}

interface Wanted {
  readonly needs: AccessNeeds;
  /** The runtime compresses responses for clients that accept it. */
  readonly isCompressing: boolean;
}

/** What is known of a request that has ended. */
interface Ended {
  readonly details: AccessDetails | null;
  readonly method: string;
  readonly status: number;
  readonly isBroken: boolean;
  readonly hasTimedOut: boolean;
}

const none: readonly null[] = [];

export function detailsOf(
  request: Request,
  { remoteAddr }: RequestInfo,
  { needs, isCompressing }: Wanted,
): AccessDetails {
  return {
    address: remoteAddr.hostname ?? (remoteAddr.transport === "unix" ? "unix" : "-"),
    protocol: needs.protocol ? protocolOf(request) : null,
    requestHeaders: requestHeaders(request, needs.requestHeaders),
    responseHeaders: none,
    size: null,
    requestId: needs.requestId ? namedRequestId(request) : null,
    mayBeCompressed: isCompressing && headerOf(request, "accept-encoding") !== null,
  };
}

function requestHeaders(request: Request, names: readonly string[]): (string | null)[] {
  const values: (string | null)[] = [];
  for (let index = 0; index < names.length; index++) values.push(headerOf(request, names[index]!));
  return values;
}

/**
 * The runtime does not say it. HTTP/2 has `:authority` in place of `Host`, and no `Connection` (RFC 9113, 8.2.2); a request of
 * HTTP/1 without `Host` is one of HTTP/1.0.
 */
function protocolOf(request: Request): string {
  if (headerOf(request, "host") !== null) return "HTTP/1.1";
  return headerOf(request, "connection") === null ? "HTTP/2.0" : "HTTP/1.0";
}

/** `count`: what the runtime has taken of a stream; `null` if nobody has counted it. */
export function noteResponse(
  { details, method, status, isBroken, hasTimedOut }: Ended,
  response: Response,
  count: ChunkCount | null,
  { responseHeaders, size }: AccessNeeds,
): void {
  if (details === null) return;
  if (responseHeaders.length > 0) {
    const headers = headersOf(response);
    details.responseHeaders = responseHeaders.map((name) => headers.get(name));
  }
  // What was sent after a timeout is the answer of another place.
  if (!size || hasTimedOut) return;
  if (hasNoBody(method, status)) details.size = 0;
  else {
    const isCut = isBroken || status === 499;
    const whole = isCut ? null : wholeSize(response);
    const bytes = whole ?? count?.bytes ?? (isCut ? null : declaredSize(response));
    const isAsSent = !details.mayBeCompressed || bytes === 0 || headersOf(response).has("content-encoding");
    details.size = isAsSent ? bytes : null;
  }
}

function hasNoBody(method: string, status: number): boolean {
  return method === "HEAD" || status === 204 || status === 304;
}

/** The same for a request of `node:http`. */
export function nodeDetailsOf(request: NodeRequest, needs: AccessNeeds): AccessDetails {
  const { headers, socket, httpVersion } = request;
  return {
    address: socket.remoteAddress ?? "-",
    protocol: `HTTP/${httpVersion ?? "1.1"}`,
    requestHeaders: needs.requestHeaders.map((name) => textOf(headers[name])),
    responseHeaders: none,
    size: null,
    requestId: needs.requestId ? namedRequestId(request) : null,
    mayBeCompressed: false,
  };
}

/** `bytes`: what the app has written. */
export function noteNodeResponse(
  { details, method }: Pick<Ended, "details" | "method">,
  response: NodeResponse,
  bytes: number | null,
  { responseHeaders }: AccessNeeds,
): void {
  if (details === null) return;
  details.responseHeaders = responseHeaders.map((name) => textOf(response.getHeader(name)));
  details.size = hasNoBody(method, response.statusCode) ? 0 : bytes;
}

function textOf(value: unknown): string | null {
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "string" || typeof value === "number" ? String(value) : null;
}
