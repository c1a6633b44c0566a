/** What a worker does now, for an operator who asks. */

import { mostDescribed, type WorkerDescription } from "../core/telemetry/worker_description.ts";
import { clip } from "../protocol/framing.ts";
import type { System } from "../system/system.ts";
import type { Service } from "./service.ts";

/** Characters: a client may send a path of 64 KB, and all of them go into one message. */
const longestShown = 1_000;

/** `service` is `null` until the worker knows its config. */
export function describeWorker(
  { clock, host }: Pick<System, "clock" | "host">,
  service: Pick<Service, "requests" | "runningTasks"> | null,
): WorkerDescription {
  const now = clock.monotonic();
  const requests = Array.from(service?.requests ?? []);
  return {
    requests: requests.slice(0, mostDescribed).map(({ method, path, since, status }) => ({
      method: method.slice(0, longestShown),
      path: path.slice(0, longestShown),
      ms: Math.max(0, Math.round(now - since)),
      status,
    })),
    others: Math.max(0, requests.length - mostDescribed),
    ...host.memory(),
    tasks: clip(service?.runningTasks ?? ""),
  };
}
