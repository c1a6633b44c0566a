/** What a metric is, and the forms that several of them have. */

import { estimateSum } from "./counters.ts";
import { bucketBounds } from "./latency_histogram.ts";
import type { Status } from "./status.ts";

export interface Sample {
  /** Appended to the name of the metric, in a histogram. */
  readonly suffix?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  read(status: Status): readonly Sample[];
}

/**
 * Bounds of the buckets in seconds: 10 ms, doubled and halved. Each is a bound of `latency_histogram.ts`, so no
 * count is split. There a latency equal to the bound is in the bucket above; no clock is that precise.
 */
export const latencyBounds: readonly number[] = Array.from(
  { length: 18 },
  (_, step) => 0.625 * 2 ** step / 1000,
);

/** A metric with one value. */
export function gauge(name: string, help: string, read: (status: Status) => number | null): Metric {
  return { name, type: "gauge", help, read: (status) => some(read(status)) };
}

/** An unknown value is left out: 0 would be wrong. */
export function some(value: number | null, labels: Sample["labels"] = {}): Sample[] {
  return value === null ? [] : [{ labels, value }];
}

/** A value for each name in `counts`. */
export function labelled(label: string, counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

/** `latency`: counts in the buckets of `latency_histogram.ts`. */
export function histogram(latency: readonly number[]): Sample[] {
  const below = latencyBounds.map((bound) =>
    latency.reduce((sum, count, bucket) => bucketBounds[bucket]! <= bound * 1000 ? sum + count : sum, 0)
  );
  const count = latency.reduce((sum, count) => sum + count, 0);
  return [
    ...below.map((value, place) => bucket(String(latencyBounds[place]), value)),
    bucket("+Inf", count),
    { suffix: "_sum", labels: {}, value: estimateSum(latency) / 1000 },
    { suffix: "_count", labels: {}, value: count },
  ];
}

function bucket(le: string, value: number): Sample {
  return { suffix: "_bucket", labels: { le }, value };
}
