/** What the charts draw: figures of the server once a second, of which only the last are kept. */

import { quantile } from "../../core/telemetry/latency_histogram.ts";
import type { Status, WorkerStatus } from "../../core/telemetry/status.ts";

/** How long a chart looks back, in milliseconds. */
export const chartSpan = 180_000;

export interface Sample {
  readonly at: number;
  readonly rate: number | null;
  /** Of the requests that ended since the sample before. */
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly inFlight: number;
  readonly backlog: number | null;
  readonly ready: number;
  readonly target: number;
}

/** Rates and latencies take two looks at the same master; after a restart the first look has none. */
export function sampleOf(before: Status | null, now: Status): Sample {
  const { at, totals, target, workers } = now;
  const isContinued = before !== null && isSameMaster(before, now);
  const latency = isContinued
    ? totals.latency.map((count, bucket) => count - (before.totals.latency[bucket] ?? 0))
    : [];
  return {
    at,
    rate: isContinued ? perSecond(before.totals.requests, totals.requests, at - before.at) : null,
    p50: quantile(latency, 0.5),
    p90: quantile(latency, 0.9),
    p99: quantile(latency, 0.99),
    inFlight: totals.inFlight,
    backlog: totals.backlog,
    ready: workers.filter(({ state }) => state === "ready").length,
    target,
  };
}

/** Requests a second of one worker; null if it was not there before. */
export function workerRate(
  before: Status | null,
  now: Status,
  { pid, requests }: WorkerStatus,
): number | null {
  if (before === null || !isSameMaster(before, now)) return null;
  const then = before.workers.find((worker) => worker.pid === pid);
  return then === undefined ? null : perSecond(then.requests, requests, now.at - before.at);
}

/** `samples` with one more, without those too old for the charts. */
export function keep(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  // A clock that was set back would leave samples in the future.
  return [...samples.filter(({ at }) => at > sample.at - chartSpan && at < sample.at), sample];
}

function isSameMaster(before: Status, now: Status): boolean {
  return before.pid === now.pid && before.startedAt === now.startedAt;
}

function perSecond(then: number, now: number, ms: number): number | null {
  return ms <= 0 ? null : Math.max(0, now - then) / ms * 1000;
}
