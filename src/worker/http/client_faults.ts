/**
 * Requests that turn out not to be valid after the app has got them: a body that breaks off or is not framed as it says, a
 * handshake of a WebSocket that is none. What the app throws because of that is not its fault, and neither is the 500 that
 * a framework makes of it: the client gets what it did wrong.
 */

import { objectionTo } from "../../core/http/handshake.ts";
import { hasBrokenBody } from "../../system/network/requests/awaited_body.ts";
import type { RequestLine } from "./in_flight_requests.ts";

export interface ClientFault {
  readonly status: 400 | 426 | 501;
  /** In a few words, for the client. */
  readonly text: string;
}

const noWebSockets: ClientFault = { status: 501, text: "WebSockets are not supported" };

const brokenBody: ClientFault = {
  status: 400,
  text: "the body of the request is not complete, or not valid",
};

export class ClientFaults {
  readonly #handshakes = new WeakMap<RequestLine, ClientFault>();

  /**
   * Call it when the app upgrades a request. Throws TypeError if that is no WebSocket of this version, or if this worker
   * takes none.
   */
  checkHandshake(request: Request, isTaken: boolean): void {
    const { method, headers } = request;
    // For what asks for no WebSocket at all the runtime has an error of its own: that is the app's to prevent.
    if (!/\bwebsocket\b/i.test(headers.get("upgrade") ?? "")) return;
    const version = headers.get("sec-websocket-version");
    const objection = objectionTo({ method, version, key: headers.get("sec-websocket-key") });
    const fault = isTaken ? objection : noWebSockets;
    if (fault === null) return;
    this.#handshakes.set(request, fault);
    throw new TypeError(`cannot upgrade the request to a WebSocket: ${fault.text}`);
  }

  /** Why the app has failed, if the client is to blame for that. */
  of(request: RequestLine): ClientFault | null {
    return this.#handshakes.get(request) ?? (hasBrokenBody(request) ? brokenBody : null);
  }
}
