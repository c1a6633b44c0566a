import { latencyBounds } from "../../../src/core/telemetry/metric.ts";
import { metrics } from "../../../src/core/telemetry/metrics.ts";
import { otlpRequest } from "../../../src/core/telemetry/otlp.ts";
import { assert, assertEquals } from "../../assert.ts";
import { after, calmStatus } from "../../fakes/status.ts";

const served = after(calmStatus, 0.01, 3, 40, 200_000);
const status = {
  ...served,
  countedSince: 1_700_000_000_000,
  totals: { ...served.totals, responses: { ...served.totals.responses, "2xx": 7 } },
};
const now = 1_700_000_001_500.25;

/** The request as a receiver reads it. */
function received(resource: Readonly<Record<string, string>> = {}) {
  const [first] = JSON.parse(JSON.stringify(otlpRequest(status, now, resource))).resourceMetrics;
  return { resource: first.resource, ...first.scopeMetrics[0] };
}

function metricOf(name: string) {
  return received().metrics.find((metric: { name: string }) => metric.name === name);
}

Deno.test("every metric that has a value is in the request, with its name and meaning, and no other", () => {
  const { resource, scope, metrics: sent } = received({ "service.name": "shop" });
  assertEquals(resource, { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] });
  assertEquals(scope, { name: "denicorn", version: status.version });
  const expected = metrics.filter(({ read }) => read(status).length > 0);
  assertEquals(sent.map(({ name }: { name: string }) => name), expected.map(({ name }) => name));
  assertEquals(
    sent.map(({ description }: { description: string }) => description),
    expected.map(({ help }) => help),
  );
});

Deno.test("a counter is a sum that only grows, from the start of the master, with a point for each label", () => {
  const { sum, unit } = metricOf("denicorn_requests_total");
  assertEquals([sum.aggregationTemporality, sum.isMonotonic, unit], [2, true, ""]);
  const point = sum.dataPoints.find((
    { attributes: [{ value }] }: { attributes: [{ value: { stringValue: string } }] },
  ) => value.stringValue === "2xx");
  assertEquals(point, {
    attributes: [{ key: "class", value: { stringValue: "2xx" } }],
    startTimeUnixNano: "1700000000000000000",
    timeUnixNano: "1700000001500250000",
    asDouble: 7,
  });
  assertEquals(metricOf("denicorn_workers_cpu_seconds_total").unit, "s");
});

Deno.test("the buckets of a histogram do not count what is in others, and add up to the count", () => {
  const { histogram: { dataPoints: [point] } } = metricOf("denicorn_request_duration_seconds");
  assertEquals(point.explicitBounds, latencyBounds);
  assertEquals(point.bucketCounts.length, latencyBounds.length + 1);
  const counted = point.bucketCounts.reduce((sum: number, count: string) => sum + Number(count), 0);
  assertEquals(String(counted), point.count);
  assert(Number(point.count) > 0 && point.sum > 0);
});
