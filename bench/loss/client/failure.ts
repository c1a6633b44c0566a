/** How a request can fail, from the client's point of view. */

export const failureKinds = [
  /** Nothing listens on the port. */
  "refused",
  /** Reset before the request was sent. */
  "reset-before",
  /** Reset after the request was sent, on a fresh connection or in the middle of a response. */
  "reset-after",
  /** End of the stream before or within a response; on a reused connection only within one. */
  "eof",
  /** A reused connection ended after the request was sent, without a byte of the response. */
  "stale",
  "time-out",
  /** An unexpected status code. */
  "status",
  "malformed",
  /** A stream of HTTP/2 that got no whole response. */
  "stream",
  /** A problem of the client itself, such as no free local port: the measurement is invalid. */
  "other",
] as const;

export type FailureKind = typeof failureKinds[number];

/** How far a request had got. */
interface Stage {
  /** The request was written. */
  readonly sent: boolean;
  /** A byte of the response was read. */
  readonly begun: boolean;
  /** The connection had served a request before. */
  readonly reused: boolean;
}

/** Classifies `error`, thrown by the connection; `null` means the end of the stream. */
export function kindOf(error: unknown, { sent, begun, reused }: Stage): FailureKind {
  const name = error instanceof Error ? error.name : "";
  if (name === "ConnectionRefused") return "refused";
  const reset = name === "ConnectionReset" || name === "BrokenPipe" || name === "ConnectionAborted" ||
    name === "NotConnected";
  if (error !== null && !reset) return "other";
  if (!sent) return "reset-before";
  if (reused && !begun) return "stale";
  return error === null ? "eof" : "reset-after";
}

export interface FailureSample {
  /** When it failed, in milliseconds since 1970. */
  readonly at: number;
  readonly kind: FailureKind;
  readonly detail: string;
  /** When the request began, in milliseconds since 1970. */
  readonly began: number;
  /** The client's port of the connection; `undefined` if there was none. */
  readonly port?: number | undefined;
  /** When the connection was made, in milliseconds since 1970; `undefined` if there was none. */
  readonly connected?: number | undefined;
}

export type FailureCounts = Partial<Record<FailureKind, number>>;

/** A server that is gone fails hundreds of requests per second, and a run of ten minutes has many such seconds. */
const samplesKept = 100_000;

/** Counts failures by kind, and keeps the first ones with their times. */
export class Failures {
  readonly counts: FailureCounts = {};
  readonly samples: FailureSample[] = [];
  total = 0;

  add(sample: FailureSample): void {
    this.counts[sample.kind] = (this.counts[sample.kind] ?? 0) + 1;
    this.total++;
    if (this.samples.length < samplesKept) this.samples.push(sample);
  }
}
