/**
 * The metrics in Prometheus' text format, written by prom-client's registry. Its counters are for counting in place;
 * here all values come from one status, so each metric is registered with its values. Only that module is loaded: the
 * rest brings default metrics of Node, summaries and a push gateway.
 */

// @ts-types="../../types/prom_client_registry.d.ts"
import Registry from "prom-client/lib/registry.js";
import type { Status } from "../core/telemetry/status.ts";
import { metricsOf } from "../core/telemetry/status_metrics.ts";

export async function prometheusText(status: Status): Promise<{ text: string; contentType: string }> {
  const registry = new Registry();
  for (const { name, type, help, read } of metricsOf(status)) {
    const values = read(status).map(({ suffix = "", labels, value }) => ({
      metricName: name + suffix,
      labels,
      value,
    }));
    registry.registerMetric({ name, get: () => ({ name, help, type, values }) });
  }
  return { text: await registry.metrics(), contentType: registry.contentType };
}
