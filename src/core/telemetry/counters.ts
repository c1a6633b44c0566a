/** Counters of one worker, and sums of them over running workers and the last readings of those that ended. */

import { failureKinds } from "./failures.ts";
import { bucketBounds, bucketCount } from "./latency_histogram.ts";

/** The part of a scoreboard slot that only grows while its worker runs. */
export interface Counters {
  readonly requests: number;
  /** By status class, 1xx to 5xx. */
  readonly responses: readonly number[];
  /** What went wrong, in the order of `failureKinds`. */
  readonly failures: readonly number[];
  /** By bucket of `core/telemetry/latency_histogram.ts`. */
  readonly latency: readonly number[];
}

export const noCounters: Counters = {
  requests: 0,
  responses: Array(5).fill(0),
  failures: Array(failureKinds.length).fill(0),
  latency: Array(bucketCount).fill(0),
};

export function addCounters(a: Counters, b: Counters): Counters {
  return {
    requests: a.requests + b.requests,
    responses: addEach(a.responses, b.responses),
    failures: addEach(a.failures, b.failures),
    latency: addEach(a.latency, b.latency),
  };
}

/**
 * Estimates the sum of all counted latencies, in milliseconds. Each counts as the middle of its bucket, so the sum is
 * off by at most an eighth. An exact sum would cost one more store per request.
 */
export function estimateSum(latency: readonly number[]): number {
  return latency.reduce((sum, count, bucket) => count === 0 ? sum : sum + count * middleOf(bucket), 0);
}

/** The latency, in milliseconds, that represents a bucket. */
export function middleOf(bucket: number): number {
  const from = bucket === 0 ? 0 : bucketBounds[bucket - 1]!;
  const to = bucketBounds[bucket]!;
  return to === Infinity ? from : (from + to) / 2;
}

function addEach(a: readonly number[], b: readonly number[]): number[] {
  return a.map((count, index) => count + (b[index] ?? 0));
}
