/** Types for the one module of `prom-client` that is used; the package types its main module only. */

interface Value {
  metricName?: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** What a registry asks of a metric. */
interface Collectable {
  readonly name: string;
  get(): { name: string; help: string; type: string; values: Value[] };
}

export default class Registry {
  readonly contentType: string;
  registerMetric(metric: Collectable): void;
  metrics(): Promise<string>;
}
