import fc from "fast-check";
import {
  bucketBounds,
  bucketCount,
  bucketOf,
  quantile,
} from "../../../src/core/telemetry/latency_histogram.ts";
import { assert, assertEquals } from "../../assert.ts";

const counted = (latencies: readonly number[]) => {
  const counts = new Float64Array(bucketCount);
  for (const ms of latencies) counts[bucketOf(ms)]!++;
  return counts;
};

Deno.test("a few buckets cover everything from below 0.05 ms to beyond 100 s", () => {
  assert(bucketCount <= 96, `${bucketCount}`);
  assertEquals(bucketBounds.length, bucketCount);
  assertEquals([bucketBounds[0], bucketBounds.at(-2), bucketBounds.at(-1)], [0.03125, 131_072, Infinity]);
});

Deno.test("no bucket except the first and the last is wider than 25 %", () => {
  for (let bucket = 1; bucket < bucketCount - 1; bucket++) {
    const [from, to] = [bucketBounds[bucket - 1]!, bucketBounds[bucket]!];
    assert(to > from && to / from <= 1.25, `${from}-${to}`);
  }
});

Deno.test("a bound belongs to the next bucket, a value just below it does not", () => {
  bucketBounds.slice(0, -1).forEach((bound, bucket) => {
    assertEquals(bucketOf(bound), bucket + 1);
    assertEquals(bucketOf(bound * (1 - Number.EPSILON)), bucket);
  });
});

Deno.test("a value that is not a latency has a bucket, too", () => {
  assertEquals([0, -0, -1, -Infinity, Number.MIN_VALUE].map(bucketOf), [0, 0, 0, 0, 0]);
  assertEquals([1e9, Infinity, NaN].map(bucketOf), Array(3).fill(bucketCount - 1));
});

Deno.test("a quantile is inside its bucket, in proportion", () => {
  const [from, to] = [bucketBounds[bucketOf(10) - 1]!, bucketBounds[bucketOf(10)]!];
  const counts = counted([10, 10, 10, 10]);
  assertEquals([0, 0.5, 1].map((q) => quantile(counts, q)), [from, (from + to) / 2, to]);
  assertEquals(quantile(counted([0, 0]), 0.5), bucketBounds[0]! / 2);
});

Deno.test("without counts there is no quantile, and beyond the last bound it is that bound", () => {
  assertEquals(quantile(new Float64Array(bucketCount), 0.5), null);
  assertEquals(quantile(counted([1e9, 1e9, 1]), 0.99), 131_072);
});

const latency = fc.double({ min: 0, max: 131_071, noNaN: true });

Deno.test("property: each latency is between the bounds of its bucket", () => {
  fc.assert(fc.property(latency, (ms) => {
    const bucket = bucketOf(ms);
    assert(ms < bucketBounds[bucket]! && (bucket === 0 || ms >= bucketBounds[bucket - 1]!));
  }));
});

Deno.test("property: the error of a quantile is at most 25 %, and it grows with q", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(latency, { minLength: 1 }), share, share, (latencies, q, other) => {
      const counts = counted(latencies);
      const sorted = latencies.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
      const found = quantile(counts, q)!;
      assert(
        Math.abs(found - exact) <= Math.max(exact * 0.25, bucketBounds[0]!) + 1e-9,
        `${found} for ${exact}`,
      );
      if (other >= q) assert(quantile(counts, other)! >= found);
    }),
    { numRuns: 500 },
  );
});
