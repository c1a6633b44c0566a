/**
 * What is known of HTTP/2 while a worker drains. `Connection: close` means nothing there (RFC 9113, 8.2.2): such a client
 * goes on asking on its connection until a GOAWAY, so a drain that waits for quiet would wait until its deadline. The
 * runtime does not say which version a request has, but over HTTP/2 there is an `:authority` in place of Host, and over
 * HTTP/1 no connection has a second request once the first was answered with `Connection: close`.
 */

import type { WorkerConfig } from "../../protocol/messages.ts";
import { directAddress } from "../../system/network/requests/forwarded_requests.ts";
import type { Network, RequestInfo } from "../../system/system.ts";
import type { InFlightRequest, RequestLine } from "./in_flight_requests.ts";

/**
 * Whether clients are offered HTTP/2. If not said otherwise, only where no request of it is lost when a worker drains, and
 * not where all requests of a connection would wait for each other.
 */
export function offersHttp2(
  { certificates, http2, workerClass }: Pick<WorkerConfig, "certificates" | "http2" | "workerClass">,
  { drainsHttp2 }: Pick<Network, "drainsHttp2">,
): boolean {
  return certificates !== null && (http2 ?? (drainsHttp2 && workerClass !== "sync"));
}

export class Http2Drain {
  /** The clients' ports of the connections. */
  readonly ports = new Set<number>();
  /** Those of HTTP/2. */
  inFlight = 0;
  total = 0;
  /** Monotonic, in milliseconds. */
  lastEnd = -Infinity;
  /** Called with the port of a client whose connection is of HTTP/2, or of HTTP/1.0 if it is not sure. */
  onFound: (peerPort: number, isSure: boolean) => void = () => {};
  /** Until when new requests of this client's connection wait; `null` if they do not. */
  heldBack: (peerPort: number) => Promise<void> | null = () => null;
  /** Those whose next response, or one since the drain began, says `Connection: close`. */
  readonly #connections = new Set<string>();

  /** A request was in flight when the drain began. Returns whether it is of HTTP/2. */
  found({ request, peer, status }: Pick<InFlightRequest, "request" | "peer" | "status">): boolean {
    const isHttp2 = !mayBeHttp1(request);
    if (isHttp2) this.inFlight++;
    if (peer === null || !("remoteAddr" in peer)) return isHttp2;
    const { hostname, port } = directAddress(peer);
    // Those of a Unix socket cannot be told apart.
    if (port === undefined) return isHttp2;
    if (status === 0) this.#connections.add(`${hostname} ${port}`);
    if (isHttp2) this.#add(port, false);
    return isHttp2;
  }

  /** A request has come since the drain began. Returns whether it is of HTTP/2. */
  began(request: RequestLine, info: RequestInfo): boolean {
    const { hostname, port } = directAddress(info);
    const connection = `${hostname} ${port}`;
    const isKnown = port !== undefined && this.#connections.has(connection);
    const isHttp2 = isKnown ? !isHttp1(request) : !mayBeHttp1(request);
    this.#connections.add(connection);
    if (!isHttp2) return false;
    if (port !== undefined) this.#add(port, isKnown);
    this.total++;
    this.inFlight++;
    return true;
  }

  #add(peerPort: number, isSure: boolean): void {
    this.ports.add(peerPort);
    this.onFound(peerPort, isSure);
  }

  ended(now: number): void {
    this.inFlight--;
    this.lastEnd = now;
  }
}

/** False for a request that is of HTTP/2 for sure, or of HTTP/1.0 without Host, whose connection ends with its answer. */
export function mayBeHttp1(request: RequestLine): boolean {
  return hasField(request, "host") || isHttp1(request);
}

/**
 * HTTP/2 has no `Connection` (RFC 9113, 8.2.2). Deno 2.7 keeps a connection of HTTP/1.0 whose client asks for that by this
 * field, whatever the response says: there a second request shows nothing.
 */
function isHttp1(request: RequestLine): boolean {
  return hasField(request, "connection");
}

function hasField(request: RequestLine, name: string): boolean {
  try {
    // One of `node:http` is of HTTP/1 only.
    return !("headers" in request) || (request as Request).headers.has(name);
  } catch {
    // The runtime has sent the head of the response, and nothing can be read any more.
    return true;
  }
}
