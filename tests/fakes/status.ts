import { addCounters, noCounters } from "../../src/core/telemetry/counters.ts";
import { noChanges } from "../../src/core/telemetry/change_counters.ts";
import { failureKinds } from "../../src/core/telemetry/failures.ts";
import { bucketOf } from "../../src/core/telemetry/latency_histogram.ts";
import type { Status, TotalStatus, WorkerStatus } from "../../src/core/telemetry/status.ts";

const nothing = { "1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0 };

export const noFailures = Object.fromEntries(
  failureKinds.map((kind) => [kind, 0]),
) as TotalStatus["failures"];

export const readyWorker: WorkerStatus = {
  ...{
    slot: 0,
    pid: 100,
    thread: null,
    generation: 1,
    state: "ready",
    age: 1_000,
    restarts: 0,
    heartbeatAge: 20,
    requests: 0,
    inFlight: 0,
    webSockets: 0,
  },
  ...{ responses: nothing, isStalled: false, lag: 0, greatestLag: 0, current: null, p50: null, p99: null },
  ...{ cpu: null, cpuSeconds: null, memory: null },
};

/** A server with two ready workers that have served no request. */
export const calmStatus: Status = {
  ...{ version: "1.2.3", runtime: "deno 0.0.0", pid: 41, phase: "running", oldMaster: null, app: "main.ts" },
  ...{
    addresses: ["127.0.0.1:8000"],
    startedAt: 1_700_000_000_000,
    countedSince: 1_700_000_000_000,
    at: 1_700_000_060_000,
  },
  ...{ generation: 1, target: 2, spares: 0, workers: [readyWorker, { ...readyWorker, slot: 1, pid: 101 }] },
  totals: {
    ...{
      requests: 0,
      responses: nothing,
      failures: noFailures,
      latency: noCounters.latency,
      p50: null,
      p99: null,
      inFlight: 0,
      webSockets: 0,
    },
    ...{ backlog: 0, cpuSeconds: 0, ...noChanges },
  },
  tasks: null,
  channels: null,
  master: { cpu: null, cpuSeconds: null, memory: null },
  transition: null,
  events: [],
};

/** `status` after requests that were answered with 200, each in the given number of milliseconds. */
export function after(status: Status, ...latencies: readonly number[]): Status {
  const { totals } = status;
  const responses = { ...totals.responses, "2xx": totals.responses["2xx"] + latencies.length };
  const counted = latencies.reduce(
    (sum, ms) => addCounters(sum, { ...noCounters, latency: noCounters.latency.with(bucketOf(ms), 1) }),
    { ...noCounters, latency: totals.latency },
  );
  const requests = totals.requests + latencies.length;
  return {
    ...status,
    totals: { ...totals, requests, responses, latency: counted.latency } satisfies TotalStatus,
  };
}
