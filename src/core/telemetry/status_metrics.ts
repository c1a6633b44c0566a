import { channelMetrics } from "./channel_metrics.ts";
import type { Metric } from "./metric.ts";
import { metrics } from "./metrics.ts";
import type { Status } from "./status.ts";
import { taskMetrics } from "./task_metrics.ts";

/** The metrics that a server with this status has. */
export function metricsOf({ channels, tasks }: Pick<Status, "channels" | "tasks">): readonly Metric[] {
  return [
    ...metrics,
    ...(channels === null ? [] : channelMetrics),
    ...(tasks === null ? [] : taskMetrics),
  ];
}
