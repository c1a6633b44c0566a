import * as fc from "fast-check";
import { addFigures, estimateSum, noFigures } from "../../src/core/figures.ts";
import { bucketCount, bucketOf } from "../../src/core/latency_histogram.ts";
import { assert, assertEquals } from "../assert.ts";

const counted = (place: number) => ({
  requests: place + 3,
  responses: noFigures.responses.with(place, 2),
  latency: noFigures.latency.with(place, 2),
});

Deno.test("figures add up, field by field", () => {
  assertEquals(addFigures(counted(1), addFigures(noFigures, counted(1))), {
    requests: 8,
    responses: [0, 4, 0, 0, 0],
    latency: noFigures.latency.with(1, 4),
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
  assertEquals(estimateSum(noFigures.latency), 0);
});
