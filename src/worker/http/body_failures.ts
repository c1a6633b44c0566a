/**
 * Errors in the bodies of responses while they are sent. The body that failed is known at the end of its request. Deno 2.9
 * reports the error a moment before that, without the request, and hides the headers of the request from then on; Deno
 * 2.7 reports nothing. Where the runtime does not show the state of a body, the line names all requests it may belong to.
 */

import { errorIn } from "../../core/thrown.ts";
import type { Clock } from "../../system/system.ts";
import type { Fault } from "./faults.ts";
import type { InFlightRequest } from "./in_flight_requests.ts";
import { requestIdOf } from "./request_id.ts";

interface Log {
  /** The request it belongs to is known. */
  fault(entry: InFlightRequest, fault: Fault): void;
  /** It belongs to one of `sending`. */
  bodyFault(error: unknown, sending: readonly InFlightRequest[]): void;
}

interface Reported {
  readonly error: unknown;
  /** The ids of the requests whose responses were being sent. */
  readonly sending: ReadonlyMap<InFlightRequest, string | undefined>;
}

/** Milliseconds from the report of an error until the end of its request, at most: it was one or two. */
const untilEnd = 250;

export class BodyFailures {
  readonly #log: Log;
  readonly #clock: Pick<Clock, "after">;
  readonly #reported = new Set<Reported>();

  constructor(log: Log, clock: Pick<Clock, "after">) {
    this.#log = log;
    this.#clock = clock;
  }

  /** The runtime reports the error of a body; `entries` are the requests in flight. */
  reported(error: unknown, entries: Iterable<InFlightRequest>): void {
    if (isContentTooLarge(error)) return;
    const sending = Array.from(entries).filter(({ status }) => status !== 0);
    const report = { error, sending: new Map(sending.map((entry) => [entry, requestIdOf(entry.request)])) };
    this.#reported.add(report);
    this.#clock.after(untilEnd, () => {
      if (this.#reported.delete(report)) this.#log.bodyFault(error, sending);
    });
  }

  /** Whether the end of a request is expected to tell which body has failed. */
  get areReported(): boolean {
    return this.#reported.size > 0;
  }

  /** The request has ended, because its body has failed with `error`. */
  ended(entry: InFlightRequest, error: unknown): void {
    const report = this.#reported.values().find((report) =>
      Object.is(report.error, error) && report.sending.has(entry)
    );
    if (isContentTooLarge(error)) return;
    if (report !== undefined) this.#reported.delete(report);
    // What an app has fetched fails in this way when the client has left.
    else if (errorIn(error)?.name === "AbortError") return;
    this.#log.fault(entry, {
      text: "the body of the response failed",
      thrown: { value: error },
      requestId: report?.sending.get(entry),
    });
  }
}

const tooLarge = "ContentTooLargeError";

/** What an app gets that reads more of a request than `limit` bytes: the fault is its client's, also if it passes it on. */
export function contentTooLarge(limit: number): Error {
  const error = new Error(`The body of the request is larger than ${limit} bytes (limit-request-body).`);
  error.name = tooLarge;
  return error;
}

function isContentTooLarge(error: unknown): boolean {
  return errorIn(error)?.name === tooLarge;
}
