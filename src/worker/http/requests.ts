/**
 * The hot path: what Denicorn adds to each request. It counts the request when it arrives and again when its
 * response is sent. The counters are in memory that the master reads; nothing is sent to it.
 */

import type { FailureKind } from "../../core/telemetry/failures.ts";
import type { SlotWriter } from "../../core/telemetry/scoreboard.ts";
import { errorIn } from "../../core/thrown.ts";
import { directUrl } from "../../system/network/requests/forwarded_requests.ts";
import {
  callsAllSent,
  checkChunks,
  endStream,
  failureOf,
  wasCutOff,
  wholeStatus,
} from "../../system/network/response_body.ts";
import type {
  Clock,
  ExecutionContext,
  FetchHandler,
  RequestInfo,
  WebSocketEnd,
} from "../../system/system.ts";
import type { Refusal } from "./admission.ts";
import { type ClientFault, ClientFaults } from "./client_faults.ts";
import type { BodyFailures } from "./body_failures.ts";
import { ConnectionEnd } from "./connection_end.ts";
import {
  appThrew,
  type Fault,
  faultOf,
  headersOf,
  internalServerError,
  isResponse,
  statusOf,
} from "./faults.ts";
import { Http2Drain } from "./http2_drain.ts";
import {
  type Client,
  clientOf,
  InFlightRequest,
  InFlightRequests,
  pathOf,
  type PeerSource,
  type RequestLine,
} from "./in_flight_requests.ts";
import { type HeldPeer, peerPortOf, type Peers, peersOf } from "./peers.ts";
import { answerTo } from "./refused_requests.ts";
import { Waiting } from "./waiting.ts";

interface RequestEvents {
  /** The app did not answer with a response that can be sent; the client gets a 500. */
  readonly onFault: (entry: InFlightRequest, fault: Fault) => void;
  readonly bodyFailures?: Pick<BodyFailures, "areReported" | "ended">;
  /** Called for each request that ended, with the milliseconds it took. Needs `entry.client`, which costs time. */
  readonly onEnd?: ((entry: InFlightRequest, duration: number) => void) | undefined;
  /** A response ends its connection, and the runtime does not. Called with the port of the client, 0 if it is unknown. */
  readonly onAnnouncedEnd?: (peerPort: number) => void;
  /** Whether the runtime may compress responses. */
  readonly isCompressing?: boolean;
  /** Given to the app with each request. */
  readonly context?: ExecutionContext;
}

/** RFC 6455, 7.4.1: the server met a condition that it did not expect. */
export const unexpectedCondition = 1011;

/** The connection broke before the response was sent. Not in any RFC; nginx introduced it for its log. */
const clientClosedRequest = 499;

const requestTimeout = 408;
const switchingProtocols = 101;

export class Requests {
  /** All requests since the worker started. */
  total = 0;
  /** Requests whose response is not sent yet, and WebSockets. */
  inFlight = 0;
  /** When the last request ended, on the monotonic clock; while draining, the last one of HTTP/1. */
  lastEnd = -Infinity;
  /** There were no requests for a while; the next one calls `onWake`. */
  isResting = false;
  onWake: () => void = () => {};
  /** Requests whose response is not sent yet, oldest first, without the one whose handler is running. */
  readonly entries = new InFlightRequests();
  readonly clientFaults = new ClientFaults();
  /** Until its handler has returned; most requests end then. */
  #running: InFlightRequest | null = null;
  #lastUrl = "";
  #lastPath = "";
  readonly #writer: SlotWriter;
  readonly #clock: Clock;
  readonly #onFault: RequestEvents["onFault"];
  readonly #bodyFailures: RequestEvents["bodyFailures"];
  readonly #onEnd: NonNullable<RequestEvents["onEnd"]> | null;
  readonly #connectionEnd: ConnectionEnd;
  readonly #context: ExecutionContext | undefined;
  /** How many requests in flight must end before the listeners are closed; counted while draining. */
  #blockingClose = 0;
  #isDraining = false;
  /** While draining: those of HTTP/2. */
  readonly http2 = new Http2Drain();
  #webSockets = 0;
  readonly #held = new Set<HeldPeer>();
  /** Requests whose connection has changed its protocol and is open. */
  readonly #switched = new Set<InFlightRequest>();
  /** The requests that became WebSockets; `null` as long as none has. */
  #upgrades: WeakMap<RequestLine, WebSocketEnd> | null = null;
  readonly #waiting = new Waiting();

  constructor(
    writer: SlotWriter,
    clock: Clock,
    { onFault, bodyFailures, onEnd, onAnnouncedEnd, isCompressing = false, context }: RequestEvents,
  ) {
    this.#writer = writer;
    this.#clock = clock;
    this.#onFault = onFault;
    this.#bodyFailures = bodyFailures;
    this.#onEnd = onEnd ?? null;
    this.#connectionEnd = new ConnectionEnd(onAnnouncedEnd, isCompressing);
    this.#context = context;
  }

  /** From now on each response tells its client to reconnect, to another worker. */
  startDraining(): void {
    if (this.#isDraining) return;
    this.#isDraining = this.#connectionEnd.isForAll = true;
    this.#blockingClose = this.inFlight;
    for (const entry of this.entries) {
      entry.blocksClose = true;
      entry.isHttp2 = this.http2.found(entry);
    }
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** While `isScarce`, each response ends its connection, which frees a file descriptor and cuts nothing off. */
  spareConnections(isScarce: boolean): void {
    this.#connectionEnd.isForAll = isScarce || this.#isDraining;
  }

  /** Those that may be of HTTP/1, since the worker started and now; told apart only while draining. */
  get http1(): { readonly total: number; readonly inFlight: number } {
    return { total: this.total - this.http2.total, inFlight: this.inFlight - this.http2.inFlight };
  }

  /** Resolves when nothing of HTTP/1 is in flight. */
  http1Idle(): Promise<void> {
    return this.#waiting.until(() => this.http1.inFlight === 0);
  }

  /** Resolves when nothing is in flight. */
  idle(): Promise<void> {
    return this.#waiting.until(() => this.inFlight === 0);
  }

  /**
   * Resolves when the requests that were in flight when draining began have ended, and every upload that arrived
   * since: when the listener is closed, Deno 2.9 cuts off request bodies that are still being read.
   */
  untilListenersMayClose(): Promise<void> {
    return this.#waiting.until(() => this.#blockingClose === 0);
  }

  /** The request ends here; from now on its answer must be that of its WebSocket. */
  upgraded(socket: WebSocketEnd): void {
    (this.#upgrades ??= new WeakMap()).set(socket.request, socket);
    const entry = this.#find(socket.request);
    if (entry === null) return;
    this.switched(entry);
    void socket.closed.then((code) => this.closed(entry, code));
  }

  /** The connection is not of HTTP any more, so the request has ended; it is logged when it is closed. */
  switched(entry: InFlightRequest): void {
    entry.status = switchingProtocols;
    this.#switched.add(entry);
    this.#end(entry, null);
  }

  /** `code` is that of the close frame of a WebSocket, `null` if it is unknown. */
  closed(entry: InFlightRequest, code: number | null): void {
    if (!this.#switched.delete(entry) || this.#onEnd === null) return;
    entry.closeCode = code;
    this.#onEnd(entry, this.#clock.monotonic() - entry.since);
  }

  /** Of the client that sent `request`, which is in flight; `null` if it is unknown. */
  peerPort(request: RequestLine): number | null {
    return peerPortOf(this.#find(request)?.peer ?? null);
  }

  /** Who waits for an answer, or has a connection that outlives its request. */
  peers(): Peers {
    return peersOf(this.entries, this.#held);
  }

  #find(request: RequestLine): InFlightRequest | null {
    return [this.#running, ...this.entries].find((entry) => entry?.request === request) ?? null;
  }

  /** Whether its answer must be that of its WebSocket. */
  isUpgraded(request: RequestLine): boolean {
    return this.#upgrades?.has(request) === true;
  }

  /** Counts what outlives its request, such as a WebSocket, until the returned function is called. */
  hold(isWebSocket: boolean, port: number | null): () => void {
    const peer = { port };
    this.#held.add(peer);
    const change = isWebSocket ? 1 : 0;
    this.#writer.inFlight = ++this.inFlight;
    this.#writer.webSockets = this.#webSockets += change;
    if (this.#isDraining) this.#blockingClose++;
    return () => {
      this.#held.delete(peer);
      this.#writer.inFlight = --this.inFlight;
      this.#writer.webSockets = this.#webSockets -= change;
      if (this.#isDraining) this.#blockingClose--;
      this.#waiting.check();
    };
  }

  /** Whether each response is to end its connection. */
  get endsConnections(): boolean {
    return this.#connectionEnd.isForAll;
  }

  /** Whether entries need their client. */
  get areLogged(): boolean {
    return this.#onEnd !== null;
  }

  /** Counts a request that is not answered through `count`: its handler runs until `leave`, and it ends with `end`. */
  enter(line: RequestLine, client: Client | null, peer: PeerSource | null): InFlightRequest {
    if (this.isResting) this.#wake();
    const entry = new InFlightRequest(line, this.#clock.monotonic());
    entry.client = client;
    entry.peer = peer;
    this.#enter(this.#add(entry));
    return entry;
  }

  /** The handler has returned; the request goes on. */
  leave(entry: InFlightRequest): void {
    this.#writer.leave();
    this.#running = null;
    this.entries.add(entry);
  }

  /** The response has been sent, or was not sent to its end. */
  end(entry: InFlightRequest, status: number, hasLeft: boolean): void {
    entry.status = status;
    this.#end(entry, hasLeft ? "client" : null);
  }

  /** `fetch` with its requests counted. Always answers with a response that can be sent. */
  count(fetch: FetchHandler): FetchHandler {
    return (request, info) => {
      if (this.isResting) this.#wake();
      return this.#answer(fetch, this.#begin(request, info), info);
    };
  }

  /** Counts what went wrong with `count` requests besides what is seen here. */
  failed(kind: FailureKind, count = 1): void {
    this.#writer.countFailures(kind, count);
  }

  /** Answers in place of the app, which never sees the request, and ends the connection: more of it may not be one. */
  refuse(request: Request, info: RequestInfo, { status, text, target }: Refusal): Response {
    if (this.isResting) this.#wake();
    const line = { method: request.method, url: target };
    const entry = new InFlightRequest(line, this.#clock.monotonic());
    entry.peer = info;
    if (this.#onEnd !== null) entry.client = clientOf(request, info);
    this.#add(entry);
    this.#running = null;
    return this.#blame(entry, info, { status, text });
  }

  /** Ends the responses that are server-sent events, as if the app had: their clients connect again by themselves. */
  endEventStreams(): void {
    for (const { response } of this.entries) {
      const type = response === null ? null : headersOf(response).get("content-type");
      if (type?.startsWith("text/event-stream")) endStream(response!);
    }
  }

  /** Ends all requests in flight, because the process exits now. */
  cutOff(): void {
    // The handler may have called Deno.exit().
    if (this.#running !== null) this.#track(this.#running);
    for (const entry of this.entries) {
      // 0 means that nothing was sent; a response that is cut off keeps its status.
      if (entry.status === 0) entry.status = 503;
      this.failed("cut");
      this.#end(entry, null);
    }
    for (const entry of this.#switched) this.closed(entry, null);
  }

  /** The clock is read once when a request begins and once when it ends: that is most of what is done here. */
  #begin(request: Request, info: RequestInfo): InFlightRequest {
    const entry = new InFlightRequest(request, this.#clock.monotonic());
    entry.peer = info;
    if (this.#onEnd !== null) entry.client = clientOf(request, info);
    if (this.#isDraining) entry.isHttp2 = this.http2.began(request, info);
    return this.#add(entry);
  }

  #add(entry: InFlightRequest): InFlightRequest {
    if (this.#isDraining && entry.method !== "GET" && entry.method !== "HEAD") {
      entry.blocksClose = true;
      this.#blockingClose++;
    }
    this.#running = entry;
    this.#writer.requests = ++this.total;
    this.#writer.inFlight = ++this.inFlight;
    return entry;
  }

  #answer(fetch: FetchHandler, entry: InFlightRequest, info: RequestInfo): Response | Promise<Response> {
    let answer;
    try {
      answer = this.#call(fetch, entry, info);
    } catch (error) {
      this.#track(entry);
      return this.#fail(entry, info, appThrew(error));
    }
    const status = this.#upgrades === null ? wholeStatus(answer) : 0;
    if (status !== 0 && status < 500) {
      entry.status = status;
      const response = this.#connectionEnd.of(entry, answer as Response);
      this.#end(entry, null);
      return response;
    }
    this.#track(entry);
    if (isResponse(answer)) return this.#accept(entry, info, answer);
    return Promise.resolve(answer).then(
      (response) => this.#accept(entry, info, response),
      (error) => this.#fail(entry, info, appThrew(error)),
    );
  }

  /** It outlives the call of its handler, unless it has become a WebSocket, with which it ended. */
  #track(entry: InFlightRequest): void {
    if (entry.status === 0) this.entries.add(entry);
  }

  /** While the handler runs, the scoreboard names the request: if it never returns, the master knows which it was. */
  #call(fetch: FetchHandler, entry: InFlightRequest, info: RequestInfo): Response | Promise<Response> {
    this.#enter(entry);
    try {
      return fetch(entry.request as Request, info, this.#context);
    } finally {
      this.#writer.leave();
      this.#running = null;
    }
  }

  #enter({ request, since }: InFlightRequest): void {
    const url = directUrl(request);
    if (url !== this.#lastUrl) {
      this.#lastUrl = url;
      this.#lastPath = pathOf(url);
    }
    this.#writer.enter(request.method, this.#lastPath, since);
  }

  #accept(entry: InFlightRequest, info: RequestInfo, answer: Response): Response {
    const fault = faultOf(answer);
    if (fault !== null) return this.#fail(entry, info, fault);
    const upgrade = this.#upgrades?.get(entry.request);
    if (upgrade !== undefined && upgrade.response !== answer) {
      return this.#fail(entry, info, {
        text: "the app answered another Response than that of Deno.upgradeWebSocket()",
      });
    }
    if (upgrade !== undefined) return answer;
    entry.status = statusOf(answer);
    const clientFault = entry.status < 500 ? null : this.clientFaults.of(entry.request);
    if (clientFault !== null) return this.#blame(entry, info, clientFault);
    return this.#send(entry, info, answer);
  }

  /**
   * The runtime reports a body that is whole as sent when it takes the response, so that need not be waited for. What
   * waits for `info.completed` stays in memory: with it a worker of the binary had 61 MB of its own after load, and 44
   * without.
   */
  #send(entry: InFlightRequest, info: RequestInfo, answer: Response): Response {
    const response = this.#connectionEnd.of(entry, answer);
    if (wholeStatus(response) !== 0) {
      this.#end(entry, null);
    } else {
      checkChunks(response);
      entry.response = response;
      const signal = callsAllSent && "signal" in entry.request ? (entry.request as Request).signal : null;
      const end = (broken?: unknown) => {
        const failure = failureOf(response);
        // What an app has fetched fails in this way when the client has left.
        const isFault = failure !== null && errorIn(failure.value)?.name !== "AbortError";
        const hasLeft = broken !== undefined || signal?.aborted === true ||
          (callsAllSent && wasCutOff(response));
        this.#end(entry, isFault ? "app" : hasLeft ? "client" : null);
        if (failure !== null) this.#bodyFailures?.ended(entry, failure.value);
      };
      info.completed.then(end, end);
    }
    return response;
  }

  #fail(entry: InFlightRequest, info: RequestInfo, fault: Fault): Response {
    const clientFault = this.clientFaults.of(entry.request);
    // An app that waits for a body which does not come is not at fault.
    if (!entry.hasTimedOut && clientFault === null) {
      this.failed("fault");
      this.#onFault(entry, fault);
    }
    const upgrade = this.#upgrades?.get(entry.request);
    if (upgrade !== undefined) {
      // The client has got the 101 already.
      upgrade.close(unexpectedCondition, "Internal Server Error");
      return upgrade.response;
    }
    if (clientFault !== null) return this.#blame(entry, info, clientFault);
    entry.status = 500;
    return this.#send(entry, info, internalServerError());
  }

  #blame(entry: InFlightRequest, info: RequestInfo, fault: ClientFault): Response {
    entry.status = fault.status;
    this.failed("invalid");
    return this.#send(entry, info, answerTo(fault));
  }

  /** `brokenBy`: who is the reason that the response was not sent to its end. */
  #end(entry: InFlightRequest, brokenBy: "app" | "client" | null): void {
    if (brokenBy !== null || entry.hasTimedOut) this.#break(entry, brokenBy);
    if (entry.blocksClose) this.#blockingClose--;
    this.entries.remove(entry);
    this.#writer.inFlight = --this.inFlight;
    this.#writer.countResponse(entry.status);
    const now = this.#clock.monotonic();
    if (entry.isHttp2) this.http2.ended(now);
    else this.lastEnd = now;
    const duration = now - entry.since;
    this.#writer.countLatency(duration);
    if (this.#onEnd !== null && entry.status !== switchingProtocols) this.#onEnd(entry, duration);
    // When the runtime has the response: its server may be stopped then.
    if (!this.#waiting.isEmpty) this.#clock.after(0, () => this.#waiting.check());
  }

  #break(entry: InFlightRequest, brokenBy: "app" | "client" | null): void {
    if (entry.hasTimedOut) {
      entry.status = requestTimeout;
      this.failed("slow");
    } else if (brokenBy === "app") {
      entry.isBroken = true;
      this.failed("broken");
      // The runtime drops a body that HEAD does not send, and reports that as a broken connection.
    } else if (entry.method !== "HEAD") {
      entry.status = clientClosedRequest;
      this.failed("left");
    }
  }

  #wake(): void {
    this.isResting = false;
    this.onWake();
  }
}
