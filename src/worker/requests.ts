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
  #draining = false;
  #onIdle: (() => void) | null = null;

  /** From now on every response tells its client to connect anew, to another worker. */
  startDraining(): void {
    this.#draining = true;
  }

  /** Settles as soon as nothing is in flight. */
  idle(): Promise<void> {
    if (this.inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const earlier = this.#onIdle;
      this.#onIdle = () => {
        earlier?.();
        resolve();
      };
    });
  }

  /** `fetch` with its requests counted. */
  count(fetch: FetchHandler): FetchHandler {
    return (request, info) => {
      this.total++;
      this.inFlight++;
      info.completed.then(this.#end, this.#end);
      return this.#draining ? closing(fetch(request, info)) : fetch(request, info);
    };
  }

  readonly #end = (): void => {
    if (--this.inFlight > 0 || this.#onIdle === null) return;
    const notify = this.#onIdle;
    this.#onIdle = null;
    notify();
  };
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
