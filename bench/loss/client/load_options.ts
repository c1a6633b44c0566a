/** The options of the client process and its output, as JSON lines. */

import type { FailureCounts, FailureSample } from "./failure.ts";
import type { Percentiles } from "./histogram.ts";

/**
 * `new`: a connection per request. `keep-alive`: connections are reused until the server closes them. `http2`: several
 * requests at a time on each connection, which is kept until a GOAWAY.
 */
export type Mode = "new" | "keep-alive" | "http2";

export interface LoadOptions {
  readonly hostname: string;
  readonly port: number;
  readonly path: string;
  readonly mode: Mode;
  /** Requests in flight at any time. */
  readonly connections: number;
  /** Milliseconds between two requests, sent without waiting for responses, each on its own connection. */
  readonly every: number | null;
  /** Milliseconds that a connection rests between two requests. */
  readonly rest: number;
  /** It runs until this many requests have been made and it has been stopped. */
  readonly requests: number;
  /** It ends after this many milliseconds in any case. */
  readonly atMost: number;
  /** A request without a response after this many milliseconds has failed. */
  readonly timeout: number;
  /** Responses slower than this, in milliseconds, are counted as slow. */
  readonly slow: number;
}

export interface LoadProgress {
  readonly done: false;
  readonly requests: number;
}

export interface LoadResult {
  readonly done: true;
  /** All requests, including failed ones. */
  readonly requests: number;
  readonly seconds: number;
  readonly failures: FailureCounts;
  readonly lost: number;
  readonly samples: readonly FailureSample[];
  /** Milliseconds from the start of a request, or its scheduled time, to the end of the response. */
  readonly latency: Percentiles;
  readonly slow: number;
  /** Connections that the server closed between two requests. */
  readonly reconnects: number;
  readonly connects: number;
  /** It ended because of `atMost`. */
  readonly outOfTime: boolean;
}
