/** The metrics for Prometheus: each with its meaning and how it is read from the status. */

import { gauge, histogram, labelled, type Metric, some } from "./metric.ts";
import { notReadyBecause } from "./server_readiness.ts";
import { workerStates, type WorkerStatus } from "./status.ts";

export const metrics: readonly Metric[] = [
  {
    name: "denicorn_build_info",
    type: "gauge",
    help: "Always 1; the labels are the versions of Denicorn and of its runtime.",
    read: ({ version, runtime }) => [{ labels: { version, runtime }, value: 1 }],
  },
  gauge(
    "denicorn_start_time_seconds",
    "Start time of the master, in seconds since 1970.",
    (status) => status.startedAt / 1000,
  ),
  gauge(
    "denicorn_ready",
    "1 while /readyz answers 200, else 0.",
    (status) => notReadyBecause(status) === null ? 1 : 0,
  ),
  gauge(
    "denicorn_generation",
    "The serving generation; each reload makes the next one.",
    (status) => status.generation,
  ),
  {
    name: "denicorn_requests_total",
    type: "counter",
    help: "Requests answered, by class of the response status.",
    read: ({ totals }) => labelled("class", totals.responses),
  },
  {
    name: "denicorn_request_failures_total",
    type: "counter",
    help:
      "Requests that went wrong, by kind: refused as invalid, too large or too slow to arrive; refused because of " +
      "limit-concurrency or worker-class sync (busy); the app threw (fault), its body failed while it was sent (broken), it took longer than " +
      "request-timeout (late); the client left before the end of the response (left), or the worker had to end (cut).",
    read: ({ totals }) => labelled("kind", totals.failures),
  },
  {
    name: "denicorn_request_duration_seconds",
    type: "histogram",
    help:
      "Time from receiving a request until the handler has answered, or a streamed body has been sent; the sum is an " +
      "estimate, off by at most an eighth.",
    read: ({ totals }) => histogram(totals.latency),
  },
  gauge(
    "denicorn_requests_in_flight",
    "Requests whose response is not completely sent yet, and open WebSockets.",
    ({ totals }) => totals.inFlight,
  ),
  gauge(
    "denicorn_websockets",
    "Open WebSockets.",
    ({ totals }) => totals.webSockets,
  ),
  gauge(
    "denicorn_connections_waiting",
    "Connections in the accept queues of the workers; absent while steering is off.",
    ({ totals }) => totals.backlog,
  ),
  {
    name: "denicorn_workers",
    type: "gauge",
    help: "Workers, by state; a spare is ready and gets no new connections yet, a paused one for now.",
    read: ({ workers }) =>
      workerStates.map((state) => ({
        labels: { state },
        value: workers.filter((worker) => worker.state === state).length,
      })),
  },
  gauge(
    "denicorn_workers_stalled",
    "Workers whose event loop is blocked.",
    ({ workers }) => workers.filter(({ isStalled }) => isStalled).length,
  ),
  gauge(
    "denicorn_workers_target",
    "Target: the number of workers that should serve.",
    ({ target }) => target,
  ),
  gauge(
    "denicorn_workers_spares_target",
    "The number of spare workers that should be ready besides.",
    ({ spares }) => spares,
  ),
  {
    name: "denicorn_worker_restarts_total",
    type: "counter",
    help: "Workers replaced by anything but a reload, an upgrade or a scaling, by cause.",
    read: ({ totals }) => labelled("cause", totals.restarts),
  },
  {
    name: "denicorn_reloads_total",
    type: "counter",
    help: "Reloads, by outcome.",
    read: ({ totals }) => labelled("outcome", totals.reloads),
  },
  {
    name: "denicorn_upgrades_total",
    type: "counter",
    help: "Upgrades of the executable, by outcome.",
    read: ({ totals }) => labelled("outcome", totals.upgrades),
  },
  {
    name: "denicorn_scalings_total",
    type: "counter",
    help: "Changes of the target, by direction.",
    read: ({ totals }) => labelled("direction", totals.scalings),
  },
  {
    name: "denicorn_workers_cpu_seconds_total",
    type: "counter",
    help: "Processor time of all workers; of those that are gone, as last read before.",
    read: ({ totals }) => [{ labels: {}, value: totals.cpuSeconds }],
  },
  perWorker(
    "denicorn_worker_cpu_ratio",
    "Share of one core the worker used since the last reading.",
    ({ cpu }) => cpu,
  ),
  perWorker(
    "denicorn_worker_memory_bytes",
    "Private memory of the worker (anonymous pages).",
    ({ memory }) => memory,
  ),
  perWorker(
    "denicorn_worker_requests_in_flight",
    "Requests in flight at the worker.",
    ({ inFlight }) => inFlight,
  ),
  perWorker(
    "denicorn_worker_websockets",
    "Open WebSockets of the worker.",
    ({ webSockets }) => webSockets,
  ),
  perWorker(
    "denicorn_worker_heartbeat_age_seconds",
    "Time since the worker's last heartbeat.",
    ({ heartbeatAge }) => heartbeatAge === null ? null : heartbeatAge / 1000,
  ),
  perWorker(
    "denicorn_worker_lag_seconds",
    "How late the worker's event loop was at its last heartbeat.",
    ({ lag }) => lag / 1000,
  ),
  {
    name: "denicorn_master_cpu_seconds_total",
    type: "counter",
    help: "Processor time of the master.",
    read: ({ master }) => some(master.cpuSeconds),
  },
  gauge(
    "denicorn_master_memory_bytes",
    "Private memory of the master (anonymous pages).",
    ({ master }) => master.memory,
  ),
];

function perWorker(name: string, help: string, read: (worker: WorkerStatus) => number | null): Metric {
  return {
    name,
    type: "gauge",
    help: `${help.slice(0, -1)}, by slot.`,
    read: ({ workers }) => workers.flatMap((worker) => some(read(worker), { worker: String(worker.slot) })),
  };
}
