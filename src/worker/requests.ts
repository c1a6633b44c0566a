/**
 * The hot path: what Denicorn adds to each request. It counts the request in and, when the response is sent
 * whole, out again; the figures go into memory the master reads, nothing is sent to it.
 */

import type { SlotWriter } from "../core/telemetry/scoreboard.ts";
import type { Clock, FetchHandler, RequestInfo } from "../system/system.ts";
import { InFlightRequest, InFlightRequests } from "./in_flight_requests.ts";

export class Requests {
  /** All requests since the worker started. */
  total = 0;
  /** Requests whose response is not sent whole yet. */
  inFlight = 0;
  /** By the monotonic clock: when the last response was handed on. */
  lastEnd = -Infinity;
  /** Nothing has come in for a while; the next request calls `onWake`. */
  isResting = false;
  onWake: () => void = () => {};
  /** Those whose response is not sent whole yet, the oldest first. */
  readonly inFlightRequests = new InFlightRequests();
  readonly #writer: SlotWriter;
  readonly #clock: Clock;
  /** Those among them that must end before the listeners are closed; counted while draining. */
  #guarded = 0;
  #draining = false;
  readonly #waiting: { readonly isOver: () => boolean; readonly resolve: () => void }[] = [];

  constructor(writer: SlotWriter, clock: Clock) {
    this.#writer = writer;
    this.#clock = clock;
  }

  /** From now on every response tells its client to connect anew, to another worker. */
  startDraining(): void {
    this.#draining = true;
    this.#guarded = this.inFlight;
  }

  /** Settles as soon as nothing is in flight. */
  idle(): Promise<void> {
    return this.#until(() => this.inFlight === 0);
  }

  /**
   * Settles when the requests that were in flight when draining began are over, and every upload that came
   * since: where the listener is closed, Deno 2.9 takes the body away from a request that is still being read.
   */
  unguarded(): Promise<void> {
    return this.#until(() => this.#guarded === 0);
  }

  /** Counts something that goes on without a request, until the returned function is called. */
  hold(): () => void {
    this.#writer.inFlight = ++this.inFlight;
    if (this.#draining) this.#guarded++;
    return () => {
      this.#writer.inFlight = --this.inFlight;
      if (this.#draining) this.#guarded--;
      this.#notifyWaiting();
    };
  }

  /** `fetch` with its requests counted. */
  count(fetch: FetchHandler): FetchHandler {
    return (request, info) => {
      if (this.isResting) this.#wake();
      const inFlightRequest = this.#begin(request);
      if (this.#draining) return this.#countWhileDraining(fetch, inFlightRequest, info);
      const end = () => this.#end(inFlightRequest);
      info.completed.then(end, end);
      return this.#call(fetch, inFlightRequest, info);
    };
  }

  #countWhileDraining(
    fetch: FetchHandler,
    inFlightRequest: InFlightRequest,
    info: RequestInfo,
  ): Promise<Response> {
    const { request } = inFlightRequest;
    const isUpload = request.method !== "GET" && request.method !== "HEAD";
    if (isUpload) this.#guarded++;
    const end = isUpload ? () => this.#end(inFlightRequest) : () => this.#endUnguarded(inFlightRequest);
    info.completed.then(end, end);
    return closing(this.#call(fetch, inFlightRequest, info));
  }

  /**
   * If the handler never comes back, the scoreboard says which request it was busy with. Reading
   * a clock takes 60-120 ns, more than all else that is done here, so it is done once at either end.
   */
  #call(
    fetch: FetchHandler,
    inFlightRequest: InFlightRequest,
    info: RequestInfo,
  ): Response | Promise<Response> {
    const { request } = inFlightRequest;
    this.#writer.enter(request.method, inFlightRequest.path, inFlightRequest.since);
    try {
      const answer = fetch(request, info);
      if (answer instanceof Response) inFlightRequest.status = answer.status;
      else {answer.then((response) =>
          inFlightRequest.status = response.status, () =>
          inFlightRequest.status = 500);}
      return answer;
    } catch (error) {
      // What the runtime answers when a handler throws.
      inFlightRequest.status = 500;
      throw error;
    } finally {
      this.#writer.leave();
    }
  }

  #begin(request: Request): InFlightRequest {
    const inFlightRequest = new InFlightRequest(request, this.#clock.monotonic());
    this.inFlightRequests.add(inFlightRequest);
    this.#writer.requests = ++this.total;
    this.#writer.inFlight = ++this.inFlight;
    return inFlightRequest;
  }

  #end(inFlightRequest: InFlightRequest): void {
    if (this.#draining) this.#guarded--;
    this.#endUnguarded(inFlightRequest);
  }

  #endUnguarded(inFlightRequest: InFlightRequest): void {
    this.inFlightRequests.remove(inFlightRequest);
    this.#writer.inFlight = --this.inFlight;
    this.#writer.countResponse(inFlightRequest.status);
    this.lastEnd = this.#clock.monotonic();
    this.#writer.countLatency(this.lastEnd - inFlightRequest.since);
    if (this.#waiting.length > 0) this.#notifyWaiting();
  }

  #wake(): void {
    this.isResting = false;
    this.onWake();
  }

  #until(isOver: () => boolean): Promise<void> {
    if (isOver()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ isOver, resolve }));
  }

  #notifyWaiting(): void {
    for (const waiting of this.#waiting.splice(0)) {
      if (waiting.isOver()) waiting.resolve();
      else this.#waiting.push(waiting);
    }
  }
}

async function closing(answer: Response | Promise<Response>): Promise<Response> {
  const response = await answer;
  // Switching protocols (101) ends HTTP on this connection; there is nothing to close after it.
  if (response.status === 101) return response;
  try {
    response.headers.set("connection", "close");
    return response;
  } catch {
    // Headers of Response.redirect(), Response.error() and fetched responses cannot be changed.
    const copy = new Response(response.body, response);
    copy.headers.set("connection", "close");
    return copy;
  }
}
