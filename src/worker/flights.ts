/** Requests in flight, the oldest first: a list, since adding and removing happens once a request. */

/** One request from its arrival to the last byte of its response. */
export class Flight {
  readonly request: Request;
  /** Monotonic, in milliseconds. */
  readonly since: number;
  /** Of the response; 0 as long as there is none. */
  status = 0;
  /** Told to be slow already. */
  isTold = false;
  before: Flight | null = null;
  after: Flight | null = null;

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

export class Flights {
  #first: Flight | null = null;
  #last: Flight | null = null;

  get oldest(): Flight | null {
    return this.#first;
  }

  add(flight: Flight): void {
    flight.before = this.#last;
    if (this.#last === null) this.#first = flight;
    else this.#last.after = flight;
    this.#last = flight;
  }

  remove(flight: Flight): void {
    const { before, after } = flight;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
  }

  /** From the oldest to the newest. */
  *[Symbol.iterator](): Generator<Flight> {
    for (let flight = this.#first; flight !== null; flight = flight.after) yield flight;
  }
}
