/** Requests in flight, the oldest first: a list, since adding and removing happens once a request. */

/** One request from its arrival to the last byte of its response. */
export class InFlightRequest {
  readonly request: Request;
  /** Monotonic, in milliseconds. */
  readonly since: number;
  /** Of the response; 0 as long as there is none. */
  status = 0;
  /** Told to be slow already. */
  isReported = false;
  before: InFlightRequest | null = null;
  after: InFlightRequest | null = null;

  constructor(request: Request, since: number) {
    this.request = request;
    this.since = since;
  }

  /** Without the query, which may hold secrets. */
  get path(): string {
    const { url } = this.request;
    // Behind "http://".
    const start = url.indexOf("/", 8);
    const end = url.indexOf("?", start);
    return end < 0 ? url.slice(start) : url.slice(start, end);
  }
}

export class InFlightRequests {
  #first: InFlightRequest | null = null;
  #last: InFlightRequest | null = null;

  get oldest(): InFlightRequest | null {
    return this.#first;
  }

  add(inFlightRequest: InFlightRequest): void {
    inFlightRequest.before = this.#last;
    if (this.#last === null) this.#first = inFlightRequest;
    else this.#last.after = inFlightRequest;
    this.#last = inFlightRequest;
  }

  remove(inFlightRequest: InFlightRequest): void {
    const { before, after } = inFlightRequest;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
  }

  /** From the oldest to the newest. */
  *[Symbol.iterator](): Generator<InFlightRequest> {
    for (
      let inFlightRequest = this.#first;
      inFlightRequest !== null;
      inFlightRequest = inFlightRequest.after
    ) yield inFlightRequest;
  }
}
