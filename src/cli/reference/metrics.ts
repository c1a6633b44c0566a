/** The reference page of the admin address and the metrics, `docs/metrics.md`, made from the table of metrics. */

import { latencyBounds, metrics } from "../../core/telemetry/metrics.ts";
import { wrap } from "../layout.ts";

export function renderMetricsReference(): string {
  const parts = [
    "# Health and metrics",
    ...paragraphs.map((text) => text.startsWith("#") || text.startsWith("```") ? text : prose(text)),
    "## Metrics",
    ...metrics.map(({ name, type, help }) => `### ${name}\n\n${prose(`${type}: ${help}`)}`),
  ];
  return parts.join("\n\n") + "\n";
}

function prose(text: string): string {
  return wrap(text, 110).join("\n");
}

const paragraphs = [
  "With `--admin-bind 127.0.0.1:9000` the master answers on an address of its own, apart from the app's. " +
  "Everything there, `denicorn ctl status` and StatsD are told from one reading of the status. It is read when " +
  "somebody asks: workers count in shared memory, and no request waits for it.",
  "With 32 idle workers the master takes 0.7 % of a core, and 1.0 % while the metrics are asked for every 5 s and " +
  "StatsD is told every second; requests per second stay the same within what two runs differ " +
  "(`bench/admin.ts`, on a busy machine with two cores).",
  "## Paths",
  "`GET /healthz` answers 200 as long as the master is alive: restart the server when it does not.",
  "`GET /readyz` answers 200 while the server is to be sent requests: it has started, is not stopping, and at " +
  "least half of the workers that shall serve are ready, but one in any case. Otherwise it answers 503 with the " +
  "reason. A reload and an upgrade leave it at 200.",
  "`GET /status` answers with everything as JSON: each worker, the totals, the last 50 decisions and deaths with their reasons. " +
  "Durations are in milliseconds, moments in milliseconds since 1970, memory in bytes.",
  "`GET /live` answers with the same once a second, as server-sent events named `status`.",
  "`GET /` is a dashboard where a browser asks, and else a list of these paths.",
  "`GET /metrics` answers in the text format of Prometheus.",
  '`POST /reload` begins a reload; `POST /scale` with `{"target": 4}` sets how many workers shall serve. Both ' +
  "do what they do on the [control socket](ctl.md): with `?wait=1` they answer when it is done, else 202 when it has begun.",
  "## Token",
  "To change anything takes a token, given in `DENICORN_ADMIN_TOKEN`, in the file that `--admin-token-file` names, " +
  "or by `--admin-token`, where other users of the machine can see it. Requests bring it as `Authorization: " +
  "Bearer TOKEN`. On an address that others than this machine may reach, everything takes the token, `/healthz` " +
  "too. So does whoever asks for a host name other than `localhost`: a web page could have its own name lead to this " +
  "machine (DNS rebinding). A proxy in front asks for the address, and does not pass the name on that it was asked for itself. Workers do not get the variable. The token is read at the start; to change it takes a restart.",
  "The dashboard itself is answered without the token, as it tells nothing by itself. It asks for the token where " +
  "that is needed, and keeps it until its tab is closed.",
  "```yaml\nscrape_configs:\n  - job_name: denicorn\n    static_configs:\n      - targets: [127.0.0.1:9000]\n```",
  "## Counters",
  "Counters hold the counts of all workers since the master started, those that are gone included: a replaced " +
  "worker makes none of them go back. After an upgrade (USR2) another master counts from zero, which Prometheus " +
  "takes for the restart that it is. Metrics by slot have the label `worker`. What is not known is left out: " +
  "memory and processor time where there is no /proc, waiting connections where steering is off.",
  `The buckets of the latency histogram end at ${latencyBounds[0]} s and at each double of it, up to ${
    latencyBounds.at(-1)
  } s; among them are 0.01, 0.02, 0.04, 0.08, 0.16, 0.32 and 0.64 s.`,
  "## StatsD",
  "With `--statsd-host host:port` a StatsD server is told once a second over UDP, under the names of Gunicorn: " +
  "`gunicorn.requests` and `gunicorn.request.status.2xx` (by class, not by code) as counters, `gunicorn.workers` " +
  "and `gunicorn.backlog` as gauges, `gunicorn.request.duration` as a timer in milliseconds: requests of about " +
  "the same duration are one line with a sample rate.",
];
