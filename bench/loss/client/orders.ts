/** What the client process is told and what it answers, as lines of JSON. */

import type { FailureCounts, FailureSample } from "./failure.ts";
import type { Percentiles } from "./histogram.ts";

/** `new`: a connection per request. `keep-alive`: each is reused for as long as the server lets it. */
export type Mode = "new" | "keep-alive";

export interface LoadOrders {
  readonly hostname: string;
  readonly port: number;
  readonly path: string;
  readonly mode: Mode;
  /** Requests in flight at any time. */
  readonly connections: number;
  /** Milliseconds between two requests; then nobody waits for an answer, and every one has its connection. */
  readonly every: number | null;
  /** It goes on at least until so many requests were made and it is told to stop. */
  readonly requests: number;
  /** It ends after so many milliseconds, whatever happens. */
  readonly atMost: number;
  /** A request without an answer for so many milliseconds has failed. */
  readonly timeout: number;
  /** Answers slower than this, in milliseconds, are counted. */
  readonly slow: number;
}

export interface LoadProgress {
  readonly done: false;
  readonly requests: number;
}

export interface LoadResult {
  readonly done: true;
  /** All that were made, failed ones too. */
  readonly requests: number;
  readonly seconds: number;
  readonly failures: FailureCounts;
  readonly lost: number;
  readonly samples: readonly FailureSample[];
  /** Milliseconds from the start of a request, or its appointed moment, to the end of the answer. */
  readonly latency: Percentiles;
  readonly slow: number;
  /** Connections the server closed in between two requests. */
  readonly reconnects: number;
  readonly connects: number;
  /** It ended by `atMost`. */
  readonly outOfTime: boolean;
}
