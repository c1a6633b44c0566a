/**
 * What two statuses say about the time between them, for the charts of the dashboard and for `denicorn ctl top`. The
 * dashboard keeps one sample per second, and only recent ones.
 */

import { quantile } from "../../core/telemetry/latency_histogram.ts";
import type { Status, TotalStatus, WorkerStatus } from "../../core/telemetry/status.ts";
import { workerCounts } from "../../core/telemetry/worker_counts.ts";

/** The time a chart about tasks covers, in milliseconds. */
export const chartSpan = 180_000;

export interface Sample {
  readonly at: number;
  readonly rate: number | null;
  /** Of the requests that ended since the previous sample. */
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  /** Responses of these classes, and requests that got no whole one, per second. */
  readonly clientErrors: number | null;
  readonly serverErrors: number | null;
  readonly cutOff: number | null;
  /** Workers that have died since the previous sample. */
  readonly deaths: number;
  readonly inFlight: number;
  readonly backlog: number | null;
  readonly ready: number;
  readonly target: number;
}

/**
 * Rates, latencies and deaths need two statuses of one master that count since the same time: the first sample after a
 * restart or an upgrade has none.
 */
export function sampleOf(before: Status | null, now: Status): Sample {
  const { at, totals, target } = now;
  const isContinued = before !== null && isSameMaster(before, now) &&
    before.countedSince === now.countedSince;
  const latency = isContinued
    ? totals.latency.map((count, bucket) => count - (before.totals.latency[bucket] ?? 0))
    : [];
  const rateOf = (count: (totals: TotalStatus) => number) =>
    isContinued ? perSecond(count(before.totals), count(totals), at - before.at) : null;
  return {
    at,
    rate: rateOf(({ requests }) => requests),
    p50: quantile(latency, 0.5),
    p90: quantile(latency, 0.9),
    p99: quantile(latency, 0.99),
    clientErrors: rateOf(({ responses }) => responses["4xx"]),
    serverErrors: rateOf(({ responses }) => responses["5xx"]),
    cutOff: rateOf(({ failures }) => failures.broken + failures.cut),
    deaths: isContinued ? Math.max(0, deathsIn(totals) - deathsIn(before.totals)) : 0,
    inFlight: totals.inFlight,
    backlog: totals.backlog,
    ready: workerCounts(now).ready,
    target,
  };
}

/** Workers that ended without being asked to, or whose process could not be started. */
export function deathsIn({ restarts }: Pick<TotalStatus, "restarts">): number {
  return restarts.crash + restarts.boot + restarts.hang + restarts.killed + restarts.spawn;
}

/** Requests, or tasks, per second of one worker, or what else `count` reads; null if it is not in `before`. */
export function workerRate(
  before: Pick<Status, "at" | "pid" | "startedAt" | "workers"> | null,
  now: Status,
  worker: WorkerStatus,
  count: (worker: WorkerStatus) => number = ({ requests }) => requests,
): number | null {
  if (before === null || !isSameMaster(before, now)) return null;
  // Threads have the process in common.
  const then = before.workers.find(({ pid, slot }) => worker.pid === pid && worker.slot === slot);
  return then === undefined ? null : perSecond(count(then), count(worker), now.at - before.at);
}

/** `samples` with `sample` added, and without those that are too old for the charts. */
export function keep<One extends { readonly at: number }>(
  samples: readonly One[],
  sample: One,
): readonly One[] {
  // After the clock was set back there would be samples in the future.
  return [...samples.filter(({ at }) => at > sample.at - chartSpan && at < sample.at), sample];
}

type Master = Pick<Status, "pid" | "startedAt">;

/** False after a restart and an upgrade: counters begin again. */
export function isSameMaster(before: Master, now: Master): boolean {
  return before.pid === now.pid && before.startedAt === now.startedAt;
}

/** By how much a counter has grown in `ms`. */
export function perSecond(then: number, now: number, ms: number): number | null {
  return ms <= 0 ? null : Math.max(0, now - then) / ms * 1000;
}
