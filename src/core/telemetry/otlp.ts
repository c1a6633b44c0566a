/** The metrics as a request of OTLP/HTTP in JSON: https://opentelemetry.io/docs/specs/otlp/ */

import type { Metric, Sample } from "./metric.ts";
import type { Status } from "./status.ts";
import { metricsOf } from "./status_metrics.ts";

/** `AGGREGATION_TEMPORALITY_CUMULATIVE`: values count from the start of the master. */
const cumulative = 2;

interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}

/** The body of a request. `now` in milliseconds since 1970; `resource`: what the values belong to. */
export function otlpRequest(status: Status, now: number, resource: Readonly<Record<string, string>>) {
  const times = { startTimeUnixNano: nanoseconds(status.countedSince), timeUnixNano: nanoseconds(now) };
  return {
    resourceMetrics: [{
      resource: { attributes: attributesOf(resource) },
      scopeMetrics: [{
        scope: { name: "denicorn", version: status.version },
        metrics: metricsOf(status).flatMap((metric) => {
          const samples = metric.read(status);
          // One without values is not valid.
          return samples.length === 0 ? [] : [metricOf(metric, samples, times)];
        }),
      }],
    }],
  };
}

type Times = Readonly<Record<"startTimeUnixNano" | "timeUnixNano", string>>;

function metricOf({ name, type, help: description }: Metric, samples: readonly Sample[], times: Times) {
  const points = () =>
    samples.map(({ labels, value }) => ({ attributes: attributesOf(labels), ...times, asDouble: value }));
  const about = { name, description, unit: unitOf(name) };
  if (type === "gauge") return { ...about, gauge: { dataPoints: points() } };
  if (type === "counter") {
    return { ...about, sum: { aggregationTemporality: cumulative, isMonotonic: true, dataPoints: points() } };
  }
  return {
    ...about,
    histogram: { aggregationTemporality: cumulative, dataPoints: histogramPoints(samples, times) },
  };
}

/** One for each set of labels, from the samples of Prometheus: there a bucket also counts what is in those below. */
function histogramPoints(samples: readonly Sample[], times: Times) {
  const groups = Map.groupBy(samples, ({ labels: { le: _, ...labels } }) => JSON.stringify(labels));
  return Array.from(groups, ([labels, own]) => {
    const buckets = own.filter(({ suffix }) => suffix === "_bucket");
    const valueOf = (wanted: string) => own.find(({ suffix }) => suffix === wanted)?.value ?? 0;
    return {
      attributes: attributesOf(JSON.parse(labels)),
      ...times,
      count: String(valueOf("_count")),
      sum: valueOf("_sum"),
      bucketCounts: buckets.map(({ value }, place) => String(value - (buckets[place - 1]?.value ?? 0))),
      // The last bucket has no bound.
      explicitBounds: buckets.slice(0, -1).map(({ labels }) => Number(labels.le)),
    };
  });
}

function attributesOf(values: Readonly<Record<string, string>>): OtlpAttribute[] {
  return Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

/** In the notation of UCUM, from the name, which ends with the unit as Prometheus wants it. */
function unitOf(name: string): string {
  const [, unit = ""] = /_(seconds|bytes|ratio)(_total)?$/.exec(name) ?? [];
  return { seconds: "s", bytes: "By", ratio: "1" }[unit] ?? "";
}

/** Numbers of 64 bits are text in the JSON of protocol buffers. */
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1_000)) * 1_000n);
}
