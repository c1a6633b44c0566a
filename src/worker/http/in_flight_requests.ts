/** The requests in flight, oldest first: a linked list, because each request is added and removed once. */

import { directUrl } from "../../system/network/requests/forwarded_requests.ts";
import type { NodeRequest, NodeResponse, RequestInfo } from "../../system/system.ts";
import type { AccessDetails } from "./access_details.ts";

/** What names a request. */
export interface RequestLine {
  readonly method: string;
  /** With its scheme and host, or from its path on. */
  readonly url: string;
}

/** What the runtime knows of who sent a request. */
export type PeerSource =
  | Pick<RequestInfo, "remoteAddr">
  | Pick<NodeRequest, "socket">;

/** One request, from its arrival until its response is sent. */
export class InFlightRequest {
  readonly request: RequestLine;
  /** Monotonic, in milliseconds. */
  readonly since: number;
  /** Of the response; 0 until there is one. */
  status = 0;
  /** `null` without an access log. */
  details: AccessDetails | null = null;
  /** Who sent it; asked only while it is in flight. */
  peer: PeerSource | null = null;
  /** Its answer, while that is sent as a stream. */
  response: Response | null = null;
  /** Its answer, if its app is one of `node:http`. */
  nodeResponse: NodeResponse | null = null;
  /** It was logged as slow. */
  isReported = false;
  /** Its client got a 408 from elsewhere, because the body did not come: what the app answers is not sent. */
  hasTimedOut = false;
  /** Its response has failed while it was sent: the client has got only a part of it. */
  isBroken = false;
  /** Of the WebSocket that it became. */
  closeCode: number | null = null;
  /** A drain waits for its end before it closes the listeners. */
  blocksClose = false;
  /** Known only while draining. */
  isHttp2 = false;
  before: InFlightRequest | null = null;
  after: InFlightRequest | null = null;

  constructor(request: RequestLine, since: number) {
    this.request = request;
    this.since = since;
  }

  get method(): string {
    return this.request.method;
  }

  /** Path and query. */
  get target(): string {
    return targetOf(directUrl(this.request));
  }

  get path(): string {
    return pathOf(directUrl(this.request));
  }
}

/** Path and query. */
export function targetOf(url: string): string {
  return url.slice(pathStart(url));
}

/** Without the query, which may hold secrets. */
export function pathOf(url: string): string {
  const start = pathStart(url);
  const end = url.indexOf("?", start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}

const colon = 58;
const slash = 47;

/**
 * The first slash after "http://" and the host, which a client may leave empty: it must not hide a part of the path in
 * the log. A CONNECT has no path: all of it is the target.
 */
function pathStart(url: string): number {
  if (url.charCodeAt(0) === slash) return 0;
  if (url.charCodeAt(7) === slash && url.charCodeAt(4) === colon) return 7;
  const start = url.indexOf("/", 8);
  return start < 0 ? 0 : start;
}

export class InFlightRequests {
  #first: InFlightRequest | null = null;
  #last: InFlightRequest | null = null;

  get oldest(): InFlightRequest | null {
    return this.#first;
  }

  add(entry: InFlightRequest): void {
    entry.before = this.#last;
    if (this.#last === null) this.#first = entry;
    else this.#last.after = entry;
    this.#last = entry;
  }

  /** Does nothing if it was not added. */
  remove(entry: InFlightRequest): void {
    const { before, after } = entry;
    if (before === null && this.#first !== entry) return;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    // A node that has reached the old generation would keep all that came after it until the next major collection.
    entry.before = entry.after = null;
  }

  /** Oldest first. The entry that was yielded last may be removed meanwhile. */
  *[Symbol.iterator](): Generator<InFlightRequest> {
    for (let entry = this.#first; entry !== null;) {
      const { after } = entry;
      yield entry;
      entry = after;
    }
  }
}
