/** What workers have counted, in sum: those that live, and the last readings of those that are gone. */

import { bucketBounds, bucketCount } from "./latency_histogram.ts";

/** A part of what a slot says: all that only grows while its worker lives. */
export interface Counters {
  readonly requests: number;
  /** By class, 1xx to 5xx. */
  readonly responses: readonly number[];
  /** By bucket of `latency_histogram.ts`. */
  readonly latency: readonly number[];
}

export const noCounters: Counters = {
  requests: 0,
  responses: Array(5).fill(0),
  latency: Array(bucketCount).fill(0),
};

export function addCounters(a: Counters, b: Counters): Counters {
  return {
    requests: a.requests + b.requests,
    responses: addEach(a.responses, b.responses),
    latency: addEach(a.latency, b.latency),
  };
}

/**
 * About how many milliseconds all counted latencies make together: each is taken as in the middle of its bucket,
 * so it is off by an eighth at most. To sum them up exactly would take a store more with each request.
 */
export function estimateSum(latency: readonly number[]): number {
  return latency.reduce((sum, count, bucket) => count === 0 ? sum : sum + count * middleOf(bucket), 0);
}

/** The latency, in milliseconds, that stands for all in a bucket. */
export function middleOf(bucket: number): number {
  const from = bucket === 0 ? 0 : bucketBounds[bucket - 1]!;
  const to = bucketBounds[bucket]!;
  return to === Infinity ? from : (from + to) / 2;
}

function addEach(a: readonly number[], b: readonly number[]): number[] {
  return a.map((count, place) => count + (b[place] ?? 0));
}
