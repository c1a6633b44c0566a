import { bucketBounds } from "../../../src/core/telemetry/latency_histogram.ts";
import { latencyBounds } from "../../../src/core/telemetry/metric.ts";
import { metrics } from "../../../src/core/telemetry/metrics.ts";
import { taskMetrics } from "../../../src/core/telemetry/task_metrics.ts";
import { notReadyBecause } from "../../../src/core/telemetry/server_readiness.ts";
import { packLines, statsdLines } from "../../../src/core/telemetry/statsd.ts";
import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { after, calmStatus, readyWorker } from "../../fakes/status.ts";

Deno.test("names and units follow Prometheus' conventions", () => {
  const all = [...metrics, ...taskMetrics];
  const names = all.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  for (const { name, type, help } of all) {
    assertMatch(name, /^denicorn_[a-z]+(_[a-z]+)*$/);
    assertEquals(name.endsWith("_total"), type === "counter", name);
    assert(!/millis|_ms|_kb|_percent/.test(name), name);
    assertMatch(help, /^[A-Z0-9].*\.$/);
  }
});

Deno.test("every bound of the latency metric is the bound of a counted bucket", () => {
  assertEquals(latencyBounds.filter((bound) => !bucketBounds.includes(bound * 1000)), []);
  assert([0.01, 0.02, 0.64, 81.92].every((bound) => latencyBounds.includes(bound)));
});

Deno.test("the buckets of the latency metric are cumulative", () => {
  const histogram = metrics.find(({ type }) => type === "histogram")!;
  const samples = histogram.read(after(calmStatus, 3, 15, 15, 500, 100_000, 1e9));
  const at = (le: string) => samples.find(({ labels }) => labels.le === le)!.value;
  assertEquals(["0.0025", "0.005", "0.01", "0.02", "0.32", "0.64", "81.92", "+Inf"].map(at), [
    ...[0, 1, 1, 3, 3, 4, 4, 6],
  ]);
  const [sum, count] = ["_sum", "_count"].map((suffix) =>
    samples.find((one) => one.suffix === suffix)!.value
  );
  assertEquals(count, 6);
  assert(sum! > 200 && sum! < 240, String(sum));
});

Deno.test("unknown values are left out", () => {
  const status = { ...calmStatus, totals: { ...calmStatus.totals, backlog: null } };
  const empty = metrics.filter((metric) => metric.read(status).length === 0).map(({ name }) => name);
  assertEquals(empty, [
    "denicorn_connections_waiting",
    "denicorn_worker_cpu_ratio",
    "denicorn_worker_memory_bytes",
    "denicorn_master_cpu_seconds_total",
    "denicorn_master_memory_bytes",
  ]);
});

Deno.test("half of the workers are enough to be ready, but at least one", () => {
  const reason = (target: number, ready: number, phase: typeof calmStatus.phase = "running") =>
    notReadyBecause({ ...calmStatus, phase, target, workers: Array(ready).fill(readyWorker) });
  assertEquals([reason(1, 1), reason(4, 2), reason(5, 3), reason(4, 4, "reloading")], Array(4).fill(null));
  assertEquals(reason(5, 2), "2 workers are ready, 3 of 5 are needed");
  assertEquals(reason(3, 1), "1 worker is ready, 2 of 3 are needed");
  assertEquals(reason(0, 0), "all workers are drained (requested)");
  assertEquals(reason(1, 1, "stopping"), "it is stopping");
  assertEquals(reason(1, 1, "starting"), "it is starting");
});

Deno.test("a server of which no worker could answer for 3 s is not ready, until one can", () => {
  const reason = (...ages: readonly (number | null)[]) =>
    notReadyBecause({
      ...calmStatus,
      target: ages.length,
      workers: ages.map((heartbeatAge, slot) => ({ ...readyWorker, slot, heartbeatAge })),
    });
  assertEquals([reason(2_999), reason(null), reason(60_000, 20), reason(60_000, null)], Array(4).fill(null));
  assertEquals(reason(3_000), "no worker has answered for 3 s: every event loop is blocked");
  assertEquals(
    reason(9_000, 4_900),
    "no worker has answered for 4 s: every event loop is blocked",
  );
  const current = { method: "GET", path: "/block", ms: 3_100 };
  assertEquals(
    notReadyBecause({
      ...calmStatus,
      target: 1,
      workers: [{ ...readyWorker, slot: 3, heartbeatAge: 3_000, current }],
    }),
    "no worker has answered for 3 s: every event loop is blocked, that of worker 3 by GET /block",
  );
});

Deno.test("a worker that drains does not make a server ready whose other worker is blocked", () => {
  const blocked = { ...readyWorker, heartbeatAge: 5_000 };
  const draining = { ...readyWorker, slot: 1, state: "draining" } as const;
  assertEquals(
    notReadyBecause({ ...calmStatus, target: 1, workers: [blocked, draining] }),
    "no worker has answered for 5 s: every event loop is blocked",
  );
});

Deno.test("StatsD gets the difference, and a duration of many requests with a sample rate", () => {
  assertEquals(statsdLines(null, calmStatus), ["gunicorn.workers:2|g", "gunicorn.backlog:0|g"]);
  const before = after(calmStatus, 9, 9);
  assertEquals(statsdLines(before, before).length, 2);
  assertEquals(statsdLines(before, after(before, 9, 9, 9, 9, 30)).slice(2), [
    "gunicorn.requests:5|c",
    "gunicorn.request.status.2xx:5|c",
    "gunicorn.request.duration:9|ms|@0.25",
    "gunicorn.request.duration:30|ms",
  ]);
});

Deno.test("lines are packed into datagrams that fit the network", () => {
  assertEquals(packLines(["aaa", "bbb", "cc", "ddddddddd", "e"], 7), ["aaa\nbbb", "cc", "ddddddddd", "e"]);
  assertEquals(packLines([], 7), []);
});
