import * as fc from "fast-check";
import { addCounters, estimateSum, noCounters } from "../../../src/core/telemetry/counters.ts";
import { bucketCount, bucketOf } from "../../../src/core/telemetry/latency_histogram.ts";
import { assert, assertEquals } from "../../assert.ts";

const counted = (place: number) => ({
  requests: place + 3,
  responses: noCounters.responses.with(place, 2),
  latency: noCounters.latency.with(place, 2),
});

Deno.test("figures add up, field by field", () => {
  assertEquals(addCounters(counted(1), addCounters(noCounters, counted(1))), {
    requests: 8,
    responses: [0, 4, 0, 0, 0],
    latency: noCounters.latency.with(1, 4),
  });
});

Deno.test("the sum of latencies is off by an eighth at most, and by little for many", () => {
  const latencies = fc.array(fc.double({ min: 0.04, max: 100_000, noNaN: true }), { minLength: 1 });
  fc.assert(fc.property(latencies, (all) => {
    const counts: number[] = Array(bucketCount).fill(0);
    for (const ms of all) counts[bucketOf(ms)]!++;
    const sum = all.reduce((a, b) => a + b, 0);
    assert(Math.abs(estimateSum(counts) - sum) <= sum / 8 + 1e-6);
  }));
  assertEquals(estimateSum(noCounters.latency), 0);
});
