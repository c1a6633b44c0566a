/** What can go wrong with a request, as a client sees it. */

export const failureKinds = [
  /** Nobody listens. */
  "refused",
  /** Reset before the request was sent. */
  "reset-before",
  /** Reset after the request was sent, on a fresh connection or in the middle of a response. */
  "reset-after",
  /** End of file before or in a response; on a reused connection only in one. */
  "eof",
  /** A reused connection ended after a request was sent on it, without a byte of the response. */
  "stale",
  "time-out",
  /** Another status than the one expected. */
  "status",
  "malformed",
  /** The client's own trouble, such as no local port left: the measurement is void. */
  "other",
] as const;

export type FailureKind = typeof failureKinds[number];

/** How far a request had got. */
export interface FakeMaster {
  /** The request was written. */
  readonly sent: boolean;
  /** A byte of the response was read. */
  readonly begun: boolean;
  /** The connection had served a request before. */
  readonly reused: boolean;
}

/** `error` is what the connection threw; `null` is the end of the stream. */
export function kindOf(error: unknown, { sent, begun, reused }: FakeMaster): FailureKind {
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
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly kind: FailureKind;
  readonly detail: string;
}

export type FailureCounts = Partial<Record<FailureKind, number>>;

/** Failures by kind, and each of the first thousand with its moment. */
export class Failures {
  readonly counts: FailureCounts = {};
  readonly samples: FailureSample[] = [];
  total = 0;

  add(kind: FailureKind, at: number, detail = ""): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    this.total++;
    if (this.samples.length < 1_000) this.samples.push({ at: Math.round(at * 10) / 10, kind, detail });
  }
}
