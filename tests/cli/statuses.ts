import { noFailures } from "../fakes/status.ts";
import { bucketCount, bucketOf } from "../../src/core/telemetry/latency_histogram.ts";
import { noChanges } from "../../src/core/telemetry/change_counters.ts";
import type { Status, TotalStatus, WorkerStatus } from "../../src/core/telemetry/status.ts";

const noResponses = { "1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0 };

/** An idle worker with the given values. */
export function workerStatus(said: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    slot: 0,
    pid: 100,
    thread: null,
    generation: 1,
    state: "ready",
    age: 61_000,
    restarts: 0,
    heartbeatAge: 10,
    requests: 0,
    inFlight: 0,
    webSockets: 0,
    responses: noResponses,
    isStalled: false,
    lag: 0,
    greatestLag: 0,
    current: null,
    p50: null,
    p99: null,
    cpu: null,
    cpuSeconds: null,
    memory: null,
    ...said,
  };
}

export function statusOf(workers: readonly WorkerStatus[], said: Partial<Status> = {}): Status {
  const { restarts, reloads, upgrades, scalings } = noChanges;
  const sum = (figure: "requests" | "inFlight" | "webSockets") =>
    workers.reduce((sum, worker) => sum + worker[figure], 0);
  const totals: TotalStatus = {
    ...{ restarts, reloads, upgrades, scalings },
    requests: sum("requests"),
    inFlight: sum("inFlight"),
    webSockets: sum("webSockets"),
    responses: noResponses,
    failures: noFailures,
    latency: latencies(),
    p50: null,
    p99: null,
    backlog: null,
    cpuSeconds: 0,
  };
  return {
    version: "1.2.3",
    runtime: "deno 0.0.0",
    pid: 41,
    phase: "running",
    oldMaster: null,
    app: "main.ts",
    addresses: ["127.0.0.1:8000"],
    startedAt: 0,
    countedSince: 0,
    at: 0,
    tasks: null,
    channels: null,
    generation: 1,
    target: workers.length,
    spares: 0,
    workers,
    totals,
    master: { cpu: null, cpuSeconds: null, memory: null },
    transition: null,
    events: [],
    ...said,
  };
}

/** Requests with these durations in milliseconds, by bucket. */
export function latencies(...ms: number[]): number[] {
  const counts = Array.from({ length: bucketCount }, () => 0);
  for (const one of ms) counts[bucketOf(one)]! += 1;
  return counts;
}
