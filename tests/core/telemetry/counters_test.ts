import * as fc from "fast-check";
import { addCounters, estimateSum, noCounters } from "../../../src/core/telemetry/counters.ts";
import { bucketCount, bucketOf } from "../../../src/core/telemetry/latency_histogram.ts";
import { assert, assertEquals } from "../../assert.ts";

const counters = (index: number) => ({
  requests: index + 3,
  responses: noCounters.responses.with(index, 2),
  failures: noCounters.failures.with(index, 3),
  latency: noCounters.latency.with(index, 2),
});

Deno.test("counters are added field by field", () => {
  assertEquals(addCounters(counters(1), addCounters(noCounters, counters(1))), {
    requests: 8,
    responses: [0, 4, 0, 0, 0],
    failures: noCounters.failures.with(1, 6),
    latency: noCounters.latency.with(1, 4),
  });
});

Deno.test("the estimated sum of latencies is off by at most an eighth", () => {
  const latencies = fc.array(fc.double({ min: 0.04, max: 100_000, noNaN: true }), { minLength: 1 });
  fc.assert(fc.property(latencies, (all) => {
    const counts: number[] = Array(bucketCount).fill(0);
    for (const ms of all) counts[bucketOf(ms)]!++;
    const sum = all.reduce((a, b) => a + b, 0);
    assert(Math.abs(estimateSum(counts) - sum) <= sum / 8 + 1e-6);
  }));
  assertEquals(estimateSum(noCounters.latency), 0);
});
