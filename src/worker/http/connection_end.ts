/**
 * Where one response ends and the connection with it: the framing that an app sets is left to the runtime where that would
 * send it as it is, and `Connection: close` is said, and done where the runtime only says it.
 */

import {
  announcesEnd,
  dropFraming,
  isEndLeftOpen,
  sendsGivenFraming,
} from "../../system/network/response_body.ts";
import { copyOf, headersOf, statusOf } from "./faults.ts";
import { mayBeHttp1 } from "./http2_drain.ts";
import type { InFlightRequest } from "./in_flight_requests.ts";
import { peerPortOf } from "./peers.ts";

export class ConnectionEnd {
  /** Each response tells its client to reconnect. */
  isForAll = false;
  readonly #onAnnounced: ((peerPort: number) => void) | null;

  /** `onAnnounced`: a response ends its connection, and the runtime does not. Called with the client's port, 0 if unknown. */
  constructor(onAnnounced: ((peerPort: number) => void) | undefined) {
    this.#onAnnounced = isEndLeftOpen ? onAnnounced ?? null : null;
  }

  /** The response as it is to be sent. Decided when it is answered: a worker may have begun to drain since the request came. */
  of(entry: InFlightRequest, answer: Response): Response {
    // An answer to HEAD, and a 304, may tell the length of what it does not send.
    if (sendsGivenFraming && entry.method !== "HEAD" && entry.status !== 304) dropFraming(answer);
    const response = this.isForAll ? closing(answer) : answer;
    // Over HTTP/2 the header means nothing, and other requests of the connection are still being answered.
    const mayEnd = this.#onAnnounced !== null && !entry.isHttp2 && announcesEnd(response);
    if (mayEnd && mayBeHttp1(entry.request)) this.#onAnnounced!(peerPortOf(entry.peer) ?? 0);
    return response;
  }
}

function closing(response: Response): Response {
  // Switching protocols (101) ends HTTP on this connection; there is nothing to close after it.
  if (statusOf(response) === 101) return response;
  try {
    headersOf(response).set("connection", "close");
    return response;
  } catch {
    // The headers of Response.redirect() and of fetched responses cannot be changed.
    const copy = copyOf(response);
    copy.headers.set("connection", "close");
    return copy;
  }
}
