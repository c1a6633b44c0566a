/** Types for the one module of `prom-client` that Denicorn uses; the package declares only its main module. */

interface Value {
  metricName?: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** A metric as a registry needs it. */
interface Collectable {
  readonly name: string;
  get(): { name: string; help: string; type: string; values: Value[] };
}

export default class Registry {
  readonly contentType: string;
  registerMetric(metric: Collectable): void;
  metrics(): Promise<string>;
}
