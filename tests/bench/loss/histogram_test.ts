import fc from "fast-check";
import { Histogram } from "../../../bench/loss/client/histogram.ts";
import { assert, assertEquals } from "../../assert.ts";

const durations = fc.array(fc.double({ min: 0.001, max: 60_000, noNaN: true }), { minLength: 1 });

Deno.test("every quantile is within 2 % of the exact one", () => {
  fc.assert(fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
    const histogram = new Histogram();
    for (const value of values) histogram.add(value);
    const sorted = values.toSorted((a, b) => a - b);
    const exact = sorted[Math.max(1, Math.ceil(values.length * share)) - 1]!;
    const found = histogram.quantile(share);
    assert(Math.abs(found - exact) <= exact * 0.02, `${found} for ${exact}`);
  }));
});

Deno.test("count and maximum are exact", () => {
  const histogram = new Histogram();
  for (const value of [3, 0.25, 1_234.5]) histogram.add(value);
  assertEquals([histogram.count, histogram.max, histogram.percentiles().max], [3, 1_234.5, 1_234.5]);
});

Deno.test("without durations all percentiles are 0", () => {
  assertEquals(new Histogram().percentiles(), { p50: 0, p95: 0, p99: 0, p999: 0, max: 0 });
});

Deno.test("durations outside the range are counted at its ends", () => {
  const histogram = new Histogram();
  for (const value of [0, 1e9]) histogram.add(value);
  assertEquals(histogram.quantile(0), 0.001);
  assert(histogram.quantile(1) > 120_000);
  assertEquals(histogram.percentiles().max, 1e9);
});
