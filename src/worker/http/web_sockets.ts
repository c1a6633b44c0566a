/** How WebSockets end with their worker, and what an error in one of them costs. */

import type { Network, WebSocketEnd } from "../../system/system.ts";
import { unexpectedCondition } from "./answers.ts";
import type { RequestLine } from "./in_flight_requests.ts";
import type { Requests } from "./requests.ts";

/** RFC 6455, 7.4.1: the server is going down. */
const goingAway = 1001;

/** Of the registry of WebSocket codes: the service restarts, and clients should connect again. */
const serviceRestart = 1012;

const reasons: Readonly<Record<number, string>> = {
  [goingAway]: "the server is going away",
  [serviceRestart]: "the server restarts",
};

/** The code for a worker that finishes. `isRestart`: because of a reload or an upgrade. */
export function closingCode(isRestart: boolean): number {
  return isRestart ? serviceRestart : goingAway;
}

/** The WebSockets of this worker. Each counts as a request in flight for as long as it is open. */
export class WebSockets {
  readonly #open = new Set<WebSocketEnd>();
  readonly #requests: Requests;
  /** `null` until they are closed. */
  #code: number | null = null;

  /** `onFault` gets errors that a listener threw and nobody caught. With `onRefused` none is opened. */
  constructor(
    network: Pick<Network, "onWebSocket">,
    requests: Requests,
    { onFault, onRefused }: {
      readonly onFault: (request: RequestLine, error: unknown) => void;
      readonly onRefused: ((request: RequestLine) => void) | null;
    },
  ) {
    this.#requests = requests;
    network.onWebSocket(
      (request) => {
        if (onRefused !== null) onRefused(request);
        requests.clientFaults.checkHandshake(request, onRefused === null);
        return requests.peerPort(request);
      },
      (socket, peerPort) => this.#add(socket, peerPort),
      (socket, error) => {
        onFault(socket.request, error);
        socket.close(unexpectedCondition, "Internal Server Error");
      },
    );
  }

  #add(socket: WebSocketEnd, peerPort: number | null): void {
    this.#open.add(socket);
    this.#requests.upgraded(socket);
    const release = this.#requests.hold(true, peerPort);
    void socket.closed.then(() => {
      this.#open.delete(socket);
      release();
    });
    if (this.#code !== null) close(socket, this.#code);
  }

  /** Asks each client to close its WebSocket, including those that are opened later. */
  close(code: number): void {
    this.#code = code;
    for (const socket of this.#open) close(socket, code);
  }
}

function close(socket: WebSocketEnd, code: number): void {
  socket.close(code, reasons[code] ?? "");
}
