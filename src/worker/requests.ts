/**
 * The hot path: what Denicorn adds to each request. It counts the request in and, when the response is sent
 * whole, out again; nothing is sent to the master.
 */

import type { AccessLog } from "../log/access_log.ts";
import type { Clock, FetchHandler, RequestInfo } from "../system/system.ts";

export class Requests {
  /** All requests since the worker started. */
  total = 0;
  /** Requests whose response is not sent whole yet. */
  inFlight = 0;
  /** Those among them that must end before the listeners are closed; counted while draining. */
  #guarded = 0;
  #draining = false;
  readonly #waiting: { readonly isOver: () => boolean; readonly resolve: () => void }[] = [];

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

  /** `fetch` with its requests counted. */
  count(fetch: FetchHandler): FetchHandler {
    return (request, info) => {
      this.total++;
      this.inFlight++;
      if (this.#draining) return this.#countWhileDraining(fetch, request, info);
      info.completed.then(this.#end, this.#end);
      return fetch(request, info);
    };
  }

  #countWhileDraining(fetch: FetchHandler, request: Request, info: RequestInfo): Promise<Response> {
    const isUpload = request.method !== "GET" && request.method !== "HEAD";
    if (isUpload) this.#guarded++;
    const end = isUpload ? this.#end : this.#endUnguarded;
    info.completed.then(end, end);
    return closing(fetch(request, info));
  }

  readonly #end = (): void => {
    if (this.#draining) this.#guarded--;
    this.#endUnguarded();
  };

  readonly #endUnguarded = (): void => {
    this.inFlight--;
    if (this.#waiting.length > 0) this.#tellWaiting();
  };

  #until(isOver: () => boolean): Promise<void> {
    if (isOver()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ isOver, resolve }));
  }

  #tellWaiting(): void {
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

/** `fetch` with one access-log line per response, written when its last byte is sent. */
export function logged(fetch: FetchHandler, log: AccessLog, clock: Clock, worker: number): FetchHandler {
  return async (request, info) => {
    const started = clock.monotonic();
    const time = clock.wall();
    const { method, headers } = request;
    const target = request.url.slice(request.url.indexOf("/", request.url.indexOf("//") + 2));
    const referer = headers.get("referer");
    const userAgent = headers.get("user-agent");
    const remote = remoteOf(info);
    let status = 500;
    const write = () => {
      const duration = clock.monotonic() - started;
      log.add({ time, remote, method, target, status, referer, userAgent, duration, worker });
    };
    info.completed.then(write, write);
    const response = await fetch(request, info);
    status = response.status;
    return response;
  };
}

function remoteOf(info: RequestInfo): string {
  return info.remoteAddr.hostname ?? "-";
}
