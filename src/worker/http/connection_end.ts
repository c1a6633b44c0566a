/**
 * Where one response ends and the connection with it: the framing that an app sets is left to the runtime where that would
 * send it as it is, and `Connection: close` is said, and done where the runtime only says it. And what the runtime is kept
 * from doing to a response that it sends.
 */

import {
  announcesEnd,
  dropFraming,
  isEndLeftOpen,
  keepsHttp10,
  sendsGivenFraming,
  wholeStatus,
} from "../../system/network/responses/response_body.ts";
import { headerOf } from "../../system/network/requests/received.ts";
import { compressesUnasked, leaveUncompressed } from "../../system/network/responses/compression.ts";
import { copyOf, headersOf, statusOf } from "./faults.ts";
import { mayBeHttp1 } from "./http2_drain.ts";
import type { InFlightRequest } from "./in_flight_requests.ts";
import { peerPortOf } from "./peers.ts";

export class ConnectionEnd {
  readonly #onAnnounced: ((peerPort: number) => void) | null;
  readonly #isCompressing: boolean;

  /**
   * `onAnnounced`: a response ends its connection, and the runtime does not. Called with the client's port, 0 if unknown.
   * `isCompressing`: the runtime may compress responses.
   */
  constructor(onAnnounced: ((peerPort: number) => void) | undefined, isCompressing: boolean) {
    this.#onAnnounced = isEndLeftOpen ? onAnnounced ?? null : null;
    this.#isCompressing = isCompressing;
  }

  /**
   * The response as it is to be sent. `ends`: it ends its connection. Decided when it is answered: a worker may have begun
   * to drain since the request came.
   */
  of(entry: InFlightRequest, answer: Response, ends: boolean): Response {
    // An answer to HEAD, and a 304, may tell the length of what it does not send.
    if (sendsGivenFraming && entry.method !== "HEAD" && entry.status !== 304) dropFraming(answer);
    let response = ends ? closing(answer) : answer;
    if (ends && keepsHttp10 && wholeStatus(response) !== 0 && isKeptByClient(entry)) {
      response = withoutLength(response);
    }
    if (this.#isCompressing) response = varyingByEncoding(response);
    else if (compressesUnasked) keepWhole(entry, response);
    // Over HTTP/2 the header means nothing, and other requests of the connection are still being answered.
    const mayEnd = this.#onAnnounced !== null && !entry.isHttp2 && announcesEnd(response);
    if (mayEnd && mayBeHttp1(entry.request)) this.#onAnnounced!(peerPortOf(entry.peer) ?? 0);
    return response;
  }
}

function keepWhole({ request }: InFlightRequest, response: Response): void {
  // Those of `node:http` are answered elsewhere.
  if (!("headers" in request)) return;
  const received = request as Request;
  if (headerOf(received, "accept-encoding") === null) return;
  leaveUncompressed(response, headerOf(received, "host") !== null);
}

/**
 * Caches learn that another client may get the response compressed. Deno 2.9 says so only of what it has compressed, and
 * Deno 2.7 not of a 304.
 */
function varyingByEncoding(response: Response): Response {
  const vary = headersOf(response).get("vary");
  if (vary !== null && /\*|accept-encoding/i.test(vary)) return response;
  return withField(response, "vary", vary === null ? "Accept-Encoding" : `${vary}, Accept-Encoding`);
}

/** By a field that HTTP/1.1 needs only to end a connection, and that HTTP/2 does not have. */
function isKeptByClient({ request }: InFlightRequest): boolean {
  return "headers" in request && /keep-alive/i.test(headerOf(request as Request, "connection") ?? "");
}

/** Over HTTP/1.0 its end is then that of the connection. */
function withoutLength(response: Response): Response {
  const copy = copyOf(response);
  if (copy.body === null) return response;
  copy.headers.delete("content-length");
  return copy;
}

function closing(response: Response): Response {
  return withField(response, "connection", "close");
}

function withField(response: Response, name: string, value: string): Response {
  // Switching protocols (101) ends HTTP on this connection; there is nothing to close after it.
  if (statusOf(response) === 101) return response;
  try {
    headersOf(response).set(name, value);
    return response;
  } catch {
    // The headers of Response.redirect() and of fetched responses cannot be changed.
    const copy = copyOf(response);
    copy.headers.set(name, value);
    return copy;
  }
}
