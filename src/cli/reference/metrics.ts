/** The reference page of the admin address and the metrics, `docs/metrics.md`, made from the table of metrics. */

import { latencyBounds, type Metric } from "../../core/telemetry/metric.ts";
import { channelMetrics } from "../../core/telemetry/channel_metrics.ts";
import { metrics } from "../../core/telemetry/metrics.ts";
import { taskMetrics } from "../../core/telemetry/task_metrics.ts";
import { paragraph } from "../layout.ts";

export function renderMetricsReference(): string {
  const parts = [
    "# Health and metrics",
    ...paragraphs.map((text) => text.startsWith("#") || text.startsWith("```") ? text : paragraph(text)),
    "## Metrics",
    ...metrics.map(entry),
    "## Metrics of channels",
    paragraph(aboutChannels),
    ...channelMetrics.map(entry),
    "## Metrics of tasks",
    paragraph(aboutTasks),
    ...taskMetrics.map(entry),
  ];
  return parts.join("\n\n") + "\n";
}

function entry({ name, type, help }: Metric): string {
  return `### ${name}\n\n${paragraph(`${type}: ${help}`)}`;
}

const aboutChannels =
  "Only servers with `channel-url` have these: [channels](channels.md) then reach other machines.";

const aboutTasks =
  "Only apps with [tasks](tasks.md) have these. The tasks in the store are those of all servers that share it; " +
  "counters and durations are of the attempts that workers of this server made since its start.";

const paragraphs = [
  "With `--admin-bind 127.0.0.1:9000` the master answers on an address of its own, separate from the app's. " +
  "Everything there, `denicorn ctl status` and StatsD use the same reading of the status. It is read on request: " +
  "workers count in shared memory, and no request of the app waits for it.",
  "With 32 idle workers the master uses 0.7 % of a core, and 1.0 % while the metrics are scraped every 5 s and sent to " +
  "StatsD every second; requests per second stay the same within the difference of two runs (`bench/admin.ts`, on a " +
  "busy machine with two cores).",
  "## Paths",
  "`GET /healthz` answers 200 as long as the master is alive: restart the server if it does not.",
  "`GET /readyz` answers 200 while load balancers should send requests: the server has started, is not stopping, and " +
  "at least half of its workers are ready, and at least one, and the event loop of at least one of them has moved within " +
  "the last 3 s. Otherwise it answers 503 with the reason: that of a server whose workers are all blocked names a request " +
  "that blocks. During a reload and an upgrade it stays 200, and no " +
  "request to this address is refused or reset.",
  "`GET /status` returns everything as JSON: each worker, the totals, the last 50 decisions and deaths with their " +
  "reasons, and in `transition` the last reload or upgrade: whether it runs, is done or has failed, and why. " +
  "Durations are in milliseconds, times in milliseconds since 1970, memory in bytes.",
  "`GET /live` returns the same once per second, as server-sent events named `status`.",
  "`GET /history` returns the last 15 minutes as samples, the oldest first: rates, latencies, errors by class and workers, " +
  "in `near` for each second of the last 3 minutes, in `far` for each 10 s of all. The master keeps them only if it has an " +
  "admin address, in less than 250 kB; a new master begins again.",
  "`GET /` returns a dashboard to browsers, and a list of these paths to other clients.",
  "`GET /metrics` returns the text format of Prometheus.",
  "`GET /tasks` returns how many tasks wait, run and have failed, and the task workers; the other requests about " +
  "[tasks](ctl.md#tasks) are possible here, too, with the token.",
  '`POST /reload` begins a reload; `POST /scale` with `{"target": 4}` sets the number of workers. Both work as on the ' +
  "[control socket](ctl.md): with `?wait=1` they answer when it is done, else with 202 when it has begun. " +
  '`POST /recycle` with `{"worker": 3}` replaces one worker, new before old.',
  "## Token",
  "Changes and the contents of tasks need a token, given in `DENICORN_ADMIN_TOKEN`, in the file that `--admin-token-file` names, or by " +
  "`--admin-token`, where other users of the machine can see it. Requests send it in `Authorization`, as a bearer token. On " +
  "an address that other machines can reach, everything needs the token but the probes `/healthz` and `/readyz`, which " +
  "then do not say why the server is not ready; if no token is set, nothing else is answered there. So do requests for a host " +
  "name other than `localhost`, because a web page can make its own name point to this machine (DNS rebinding): a " +
  "proxy in front must send the address as the host, not the name it was asked for. Workers do not get the variable. " +
  "The token is read at the start; restart the server to change it.",
  "The dashboard itself is served without the token, as it contains no data. It asks for the token if it needs one, and " +
  "keeps it until its tab is closed. A reload that has failed stays at its top until it is dismissed, or another one " +
  "begins. Above eight workers are a table, blocked and failing ones first; a click on the head of a column sorts by it. " +
  "Pointing at a chart, or the arrow keys in it, shows the values of that time in all of them; lines mark reloads, scalings " +
  "and deaths. It asks before a reload, and before it removes more than half of the workers, and before it recycles one.",
  "```yaml\nscrape_configs:\n  - job_name: denicorn\n    static_configs:\n      - targets: [127.0.0.1:9000]\n```",
  "[deploy/alerts.yml](../deploy/alerts.yml) has alerts for `rule_files`, and " +
  "[deploy/grafana.json](../deploy/grafana.json) is a dashboard to import into Grafana.",
  "## Counters",
  "Counters cover all workers, including those that are gone, and the masters before this one: neither a worker that is " +
  "replaced nor a reload or an upgrade (USR2) makes a counter go back. A real Prometheus checks it " +
  "(`tests/integration/counters_test.ts`). If the old master is killed during an upgrade, the new one counts from zero. Metrics by slot have the label `worker`. Unknown values are left out: memory and processor time " +
  "without /proc, waiting connections while steering is off.",
  `The buckets of the histograms start at ${latencyBounds[0]} s and double up to ${
    latencyBounds.at(-1)
  } s; among them are 0.01, 0.02, 0.04, 0.08, 0.16, 0.32 and 0.64 s.`,
  "## StatsD",
  "With `--statsd-host host:port` metrics are sent to a StatsD server once per second over UDP, under Gunicorn's names: " +
  "`gunicorn.requests` and `gunicorn.request.status.2xx` (by class, not by code) as counters, `gunicorn.workers` " +
  "and `gunicorn.backlog` as gauges, `gunicorn.request.duration` as a timer in milliseconds: requests of about " +
  "the same duration are one line with a sample rate.",
];
