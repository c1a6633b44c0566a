/**
 * The requests of a worker: which are in flight, how many there were, and what a drain has to wait for. Each is counted when
 * it arrives and when its response is sent, in memory that the master reads; nothing is sent to it.
 */

import type { FailureKind } from "../../core/telemetry/failures.ts";
import type { SlotWriter } from "../../core/telemetry/scoreboard.ts";
import { directUrl } from "../../system/network/requests/forwarded_requests.ts";
import type { ChunkCount } from "../../system/network/responses/response_chunks.ts";
import type { Clock, RequestInfo, WebSocketEnd } from "../../system/system.ts";
import type { AccessNeeds } from "../../core/access_format.ts";
import { type AccessDetails, detailsOf, noteResponse } from "./access_details.ts";
import { ClientFaults } from "./client_faults.ts";
import { Http2Drain } from "./http2_drain.ts";
import {
  InFlightRequest,
  InFlightRequests,
  pathOf,
  type PeerSource,
  type RequestLine,
} from "./in_flight_requests.ts";
import { type HeldPeer, peerPortOf, type Peers, peersOf } from "./peers.ts";
import { Waiting } from "./waiting.ts";

/** The access log: what it wants to know of each request. */
export interface AccessObserver {
  readonly needs: AccessNeeds;
  /** The runtime compresses responses for clients that accept it. */
  readonly isCompressing: boolean;
  /** Called for each request that ended, with the milliseconds it took. */
  ended(entry: InFlightRequest, duration: number): void;
}

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
  /** Each response ends its connection. */
  endsConnections = false;
  /** Requests whose response is not sent yet, oldest first, without the one whose handler is running. */
  readonly entries = new InFlightRequests();
  readonly clientFaults = new ClientFaults();
  /** Until its handler has returned; most requests end then. */
  #running: InFlightRequest | null = null;
  #lastUrl = "";
  #lastPath = "";
  readonly #writer: SlotWriter;
  readonly #clock: Clock;
  /** `null` without an access log: what it wants to know costs time. */
  readonly access: AccessObserver | null;
  /** How many requests in flight must end before the listeners are closed; counted while draining. */
  #blockingClose = 0;
  #isDraining = false;
  #hasOneEach = false;
  /** While draining: those of HTTP/2. */
  readonly http2 = new Http2Drain();
  #webSockets = 0;
  readonly #held = new Set<HeldPeer>();
  /** Requests whose connection has changed its protocol and is open. */
  readonly #switched = new Set<InFlightRequest>();
  /** The requests that became WebSockets; `null` as long as none has. */
  #upgrades: WeakMap<RequestLine, WebSocketEnd> | null = null;
  readonly #waiting = new Waiting();

  constructor(writer: SlotWriter, clock: Clock, access: AccessObserver | null = null) {
    this.#writer = writer;
    this.#clock = clock;
    this.access = access;
  }

  /** From now on each response tells its client to reconnect, to another worker. */
  startDraining(): void {
    if (this.#isDraining) return;
    this.#isDraining = this.endsConnections = true;
    this.#blockingClose = this.inFlight;
    for (const entry of this.entries) {
      entry.blocksClose = true;
      entry.isHttp2 = this.http2.found(entry);
    }
  }

  /** Each connection has one request, however long it waits for the worker: the next one may go to an idle worker. */
  serveOneEach(): void {
    this.#hasOneEach = this.endsConnections = true;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** While `isScarce`, each response ends its connection, which frees a file descriptor and cuts nothing off. */
  spareConnections(isScarce: boolean): void {
    this.endsConnections = isScarce || this.#isDraining || this.#hasOneEach;
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
    this.finish(entry, null);
  }

  /** `code` is that of the close frame of a WebSocket, `null` if it is unknown. */
  closed(entry: InFlightRequest, code: number | null): void {
    if (!this.#switched.delete(entry) || this.access === null) return;
    entry.closeCode = code;
    this.access.ended(entry, this.#clock.monotonic() - entry.since);
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

  get hasUpgrades(): boolean {
    return this.#upgrades !== null;
  }

  /** The WebSocket that it has become: its answer must be that of it. */
  upgradeOf(request: RequestLine): WebSocketEnd | undefined {
    return this.#upgrades?.get(request);
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

  /** Counts a request that is not answered through `count`: its handler runs until `leave`, and it ends with `end`. */
  enter(line: RequestLine, details: AccessDetails | null, peer: PeerSource | null): InFlightRequest {
    if (this.isResting) this.#wake();
    const entry = new InFlightRequest(line, this.#clock.monotonic());
    entry.details = details;
    entry.peer = peer;
    this.started(this.#add(entry));
    return entry;
  }

  /** The handler has returned; the request goes on. */
  leave(entry: InFlightRequest): void {
    this.returned();
    this.entries.add(entry);
  }

  /**
   * A request has arrived that is answered through `Answers`. The clock is read once now and once when it ends: that is
   * most of what is done here. `line` names it, if not `request`.
   */
  begin(request: Request, info: RequestInfo, line: RequestLine = request): InFlightRequest {
    if (this.isResting) this.#wake();
    const entry = new InFlightRequest(line, this.#clock.monotonic());
    entry.peer = info;
    if (this.access !== null) entry.details = detailsOf(request, info, this.access);
    if (this.#isDraining) entry.isHttp2 = this.http2.began(request, info);
    return this.#add(entry);
  }

  /** Its handler is called when this resolves, so that its connection becomes quiet; at once if it is `null`. */
  heldBack(entry: InFlightRequest): Promise<void> | null {
    const port = peerPortOf(entry.peer);
    const held = port === null ? null : this.http2.heldBack(port);
    if (held === null) return null;
    this.#running = null;
    this.entries.add(entry);
    return held;
  }

  /** Its handler is called now. */
  goOn(entry: InFlightRequest): void {
    this.entries.remove(entry);
    this.#running = entry;
  }

  /** While the handler runs, the scoreboard names the request: if it never returns, the master knows which it was. */
  started({ request, since }: InFlightRequest): void {
    const url = directUrl(request);
    if (url !== this.#lastUrl) {
      this.#lastUrl = url;
      this.#lastPath = pathOf(url);
    }
    this.#writer.enter(request.method, this.#lastPath, since);
  }

  returned(): void {
    this.#writer.leave();
    this.#running = null;
  }

  /** The response has been sent, or was not sent to its end. */
  end(entry: InFlightRequest, status: number, hasLeft: boolean): void {
    entry.status = status;
    this.finish(entry, hasLeft ? "client" : null);
  }

  /** Counts what went wrong with `count` requests besides what is seen here. */
  failed(kind: FailureKind, count = 1): void {
    this.#writer.countFailures(kind, count);
  }

  /** Ends all requests in flight, because the process exits now. */
  cutOff(): void {
    // The handler may have called Deno.exit().
    if (this.#running !== null) this.track(this.#running);
    for (const entry of this.entries) {
      // 0 means that nothing was sent; a response that is cut off keeps its status.
      if (entry.status === 0) entry.status = 503;
      this.failed("cut");
      this.finish(entry, null);
    }
    for (const entry of this.#switched) this.closed(entry, null);
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

  /** It outlives the call of its handler, unless it has become a WebSocket, with which it ended. */
  track(entry: InFlightRequest): void {
    if (entry.status === 0) this.entries.add(entry);
  }

  /**
   * `brokenBy`: who is the reason that the response was not sent to its end. `count`: the bytes of its stream, if the access
   * log wants to know.
   */
  finish(
    entry: InFlightRequest,
    brokenBy: "app" | "client" | null,
    response: Response | null = null,
    count: ChunkCount | null = null,
  ): void {
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
    if (this.access !== null && entry.status !== switchingProtocols) {
      if (response !== null) noteResponse(entry, response, count, this.access.needs);
      this.access.ended(entry, duration);
    }
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
