/**
 * The hot path of an app of `node:http`: its requests are counted when their event is emitted and when their response
 * closes. What the app upgrades counts as long as it is open.
 */

import type {
  NodeEmit,
  NodeHttp,
  NodeRequest,
  NodeResponse,
  NodeServer,
  NodeSocket,
} from "../../system/system.ts";
import { appThrew, type Fault } from "../faults.ts";
import type { InFlightRequest } from "../in_flight_requests.ts";
import type { Requests } from "../requests.ts";

/** A WebSocket's close frame with 1001 (RFC 6455, 5.5.1): the server is going away. From a server it is not masked. */
const goingAway = new Uint8Array([0x88, 0x02, 0x03, 0xe9]);

/** Switching protocols. */
const upgradeStatus = 101;

type OnFault = (entry: InFlightRequest, fault: Fault) => void;

export class NodeRequests {
  readonly #app: NodeServer;
  readonly #onClose: NodeHttp["onClose"];
  readonly #requests: Requests;
  readonly #onFault: OnFault;
  readonly #webSockets = new Set<NodeSocket>();
  #isClosing = false;

  constructor(app: NodeServer, onClose: NodeHttp["onClose"], requests: Requests, onFault: OnFault) {
    this.#app = app;
    this.#onClose = onClose;
    this.#requests = requests;
    this.#onFault = onFault;
  }

  /** Asks each client to close its WebSocket, including those that are opened later. */
  closeWebSockets(): void {
    this.#isClosing = true;
    this.#webSockets.forEach(sendClose);
  }

  readonly emit: NodeEmit = (event, a, b, c) => {
    switch (event) {
      case "request":
      case "checkContinue":
      case "checkExpectation":
        return this.#request(event, a as NodeRequest, b as NodeResponse);
      case "upgrade":
      case "connect":
        return this.#upgrade(event, a as NodeRequest, b as NodeSocket, c);
      default:
        return this.#app.emit(event, a, b, c);
    }
  };

  #request(event: string, request: NodeRequest, response: NodeResponse): boolean {
    const requests = this.#requests;
    const entry = requests.enter(lineOf(request), requests.areLogged ? clientOf(request) : null);
    if (requests.endsConnections) endConnection(response);
    this.#onClose(response, () => requests.end(entry, response.statusCode, !response.writableFinished));
    try {
      return this.#app.emit(event, request, response);
    } catch (error) {
      this.#onFault(entry, appThrew(error));
      fail(response);
      return true;
    } finally {
      requests.leave(entry);
    }
  }

  #upgrade(event: string, request: NodeRequest, socket: NodeSocket, head: unknown): boolean {
    const requests = this.#requests;
    const entry = requests.enter(lineOf(request), requests.areLogged ? clientOf(request) : null);
    const release = requests.hold();
    const isWebSocket = event === "upgrade" && /^websocket$/i.test(String(request.headers.upgrade));
    if (isWebSocket) this.#webSockets.add(socket);
    socket.once("close", () => {
      this.#webSockets.delete(socket);
      release();
    });
    try {
      return this.#app.emit(event, request, socket, head);
    } finally {
      requests.leave(entry);
      requests.end(entry, upgradeStatus, false);
      if (isWebSocket && this.#isClosing) sendClose(socket);
    }
  }
}

/** Taken when the request arrives: a router changes its `url`. */
function lineOf({ method = "GET", url = "/" }: NodeRequest) {
  return { method, url };
}

function clientOf({ headers, socket }: NodeRequest) {
  const { referer, "user-agent": userAgent } = headers;
  return {
    address: socket.remoteAddress ?? "-",
    referer: typeof referer === "string" ? referer : null,
    userAgent: typeof userAgent === "string" ? userAgent : null,
  };
}

/** Both: Deno 2.7 knows only the header, and an app that writes its head itself may leave out the header. */
function endConnection(response: NodeResponse): void {
  response.shouldKeepAlive = false;
  response.setHeader("connection", "close");
}

function fail(response: NodeResponse): void {
  if (response.headersSent) return response.destroy();
  response.statusCode = 500;
  response.end("Internal Server Error");
}

/** Not before the handshake is over: the first bytes of the app are its answer to it. */
function sendClose(socket: NodeSocket): void {
  if (socket.writable && socket.bytesWritten > 0) socket.write(goingAway);
}
