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
import { appThrew, type Fault } from "../http/faults.ts";
import type { InFlightRequest, RequestLine } from "../http/in_flight_requests.ts";
import { nodeDetailsOf, noteNodeResponse } from "../http/access_details.ts";
import { nodeRequestIdOf } from "../http/request_id.ts";
import { peerPortOf } from "../http/peers.ts";
import type { Requests } from "../http/requests.ts";
import type { NodeFiles } from "./node_files.ts";
import { type NodeTurns, refuseUpgrade } from "./node_turns.ts";

type OnFault = (entry: InFlightRequest, fault: Fault) => void;

interface Options {
  readonly onFault: OnFault;
  readonly files?: NodeFiles | null;
  /** With `worker-class` sync. */
  readonly turns?: NodeTurns | null;
  /** What it cannot bear was asked for. */
  readonly onRefusedUpgrade?: (line: RequestLine) => void;
}

export class NodeRequests {
  readonly #app: NodeServer;
  readonly #http: Pick<NodeHttp, "onClose" | "writtenTo">;
  readonly #requests: Requests;
  readonly #onFault: OnFault;
  readonly #files: NodeFiles | null;
  readonly #turns: NodeTurns | null;
  readonly #onRefusedUpgrade: (line: RequestLine) => void;
  readonly #webSockets = new Set<NodeSocket>();
  /** The code that closes WebSockets; `null` until they are closed. */
  #closingCode: number | null = null;

  constructor(
    app: NodeServer,
    http: Pick<NodeHttp, "onClose" | "writtenTo">,
    requests: Requests,
    { onFault, files = null, turns = null, onRefusedUpgrade = () => {} }: Options,
  ) {
    this.#app = app;
    this.#http = http;
    this.#requests = requests;
    this.#onFault = onFault;
    this.#files = files;
    this.#turns = turns;
    this.#onRefusedUpgrade = onRefusedUpgrade;
  }

  /** Asks each client to close its WebSocket, including those that are opened later. */
  closeWebSockets(code: number): void {
    this.#closingCode = code;
    for (const socket of this.#webSockets) close(socket, code);
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
    const entry = this.#enter(request);
    entry.nodeResponse = response;
    if (requests.endsConnections) endConnection(response);
    let turn: ReturnType<NodeTurns["begin"]> | null = null;
    let isClosed = false;
    const closed = () => {
      if (isClosed) return;
      isClosed = true;
      turn?.closed();
      const { access } = requests;
      if (access !== null) noteNodeResponse(entry, response, this.#http.writtenTo(response), access.needs);
      requests.end(entry, response.statusCode, !response.writableFinished);
    };
    this.#http.onClose(response, closed);
    try {
      if (this.#isFile(entry, request, response)) return true;
      if (this.#turns === null) return this.#call(entry, event, request, response);
      turn = this.#turns.begin(request, response, closed);
      turn.run(() => this.#call(entry, event, request, response));
      return true;
    } finally {
      requests.leave(entry);
    }
  }

  #enter(request: NodeRequest): InFlightRequest {
    const { access } = this.#requests;
    const details = access === null ? null : nodeDetailsOf(request, access.needs);
    return this.#requests.enter(lineOf(request), details, request);
  }

  #call(entry: InFlightRequest, event: string, request: NodeRequest, response: NodeResponse): boolean {
    try {
      return this.#app.emit(event, request, response);
    } catch (error) {
      this.#onFault(entry, appThrew(error, nodeRequestIdOf(request)));
      fail(response);
      return true;
    }
  }

  #isFile(entry: InFlightRequest, request: NodeRequest, response: NodeResponse): boolean {
    if (this.#files === null) return false;
    return this.#files.answer(
      request,
      response,
      (value) => this.#onFault(entry, { text: "a file could not be sent", thrown: { value } }),
    );
  }

  #upgrade(event: string, request: NodeRequest, socket: NodeSocket, head: unknown): boolean {
    const requests = this.#requests;
    const entry = this.#enter(request);
    if (this.#turns !== null) return this.#refuseUpgrade(entry, socket);
    const isWebSocket = event === "upgrade" && /^websocket$/i.test(String(request.headers.upgrade));
    const release = requests.hold(isWebSocket, peerPortOf(request));
    if (isWebSocket) this.#webSockets.add(socket);
    socket.once("close", () => {
      this.#webSockets.delete(socket);
      release();
      requests.closed(entry, null);
    });
    try {
      return this.#app.emit(event, request, socket, head);
    } finally {
      requests.leave(entry);
      requests.switched(entry);
      if (isWebSocket && this.#closingCode !== null) close(socket, this.#closingCode);
    }
  }

  /** It would hold the worker for as long as its client likes. */
  #refuseUpgrade(entry: InFlightRequest, socket: NodeSocket): true {
    this.#requests.leave(entry);
    this.#requests.failed("invalid");
    this.#onRefusedUpgrade(entry.request);
    refuseUpgrade(socket);
    this.#requests.end(entry, 501, false);
    return true;
  }
}

/** Taken when the request arrives: a router changes its `url`. */
function lineOf({ method = "GET", url = "/" }: NodeRequest) {
  return { method, url };
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

/**
 * The package `ws` keeps its WebSocket at the connection. Closed by that, the program knows of it and sends nothing more. A
 * frame of our own, past the program, has it write to a connection that its client has closed: on Deno 2.7 that is an
 * uncaught error now and then, after which the connection never ends.
 */
function close(socket: NodeSocket, code: number): void {
  const webSocket = keptWebSocket(socket);
  if (webSocket !== null) return webSocket.close(code);
  // Not before the handshake is over: the first bytes of the app are its answer to it.
  if (socket.writable && socket.bytesWritten > 0) socket.write(closeFrame(code));
}

interface KeptWebSocket {
  close(code: number): void;
}

function keptWebSocket(socket: NodeSocket): KeptWebSocket | null {
  const symbols = Object.getOwnPropertySymbols(socket);
  const name = symbols.find(({ description }) => description === "websocket");
  const kept: unknown = name === undefined ? undefined : Reflect.get(socket, name);
  const canClose = typeof kept === "object" && kept !== null && "close" in kept &&
    typeof kept.close === "function";
  return canClose ? kept as KeptWebSocket : null;
}

/** RFC 6455, 5.5.1. From a server it is not masked. */
function closeFrame(code: number): Uint8Array {
  return new Uint8Array([0x88, 0x02, code >> 8, code & 0xff]);
}
