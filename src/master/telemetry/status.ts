import { addCounters, type Counters } from "../../core/telemetry/counters.ts";
import { quantile } from "../../core/telemetry/latency_histogram.ts";
import type { SlotReading } from "../../core/telemetry/scoreboard.ts";
import type {
  CurrentRequest,
  Responses,
  Status,
  TotalStatus,
  WorkerStatus,
} from "../../core/telemetry/status.ts";
import { responseClasses } from "../../core/telemetry/status.ts";
import { version } from "../../core/version.ts";
import type { System } from "../../system/system.ts";
import type { Arbiter } from "../arbiter.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { ServerCounters } from "./counters.ts";

type Reported = Pick<
  Arbiter,
  | "phase"
  | "addresses"
  | "generation"
  | "target"
  | "workerTable"
  | "scoreboard"
  | "counters"
  | "backlog"
  | "eventLog"
>;

/**
 * How the server is at this moment. `startedAt` in milliseconds since 1970. Without `looks` nobody looks at
 * /proc: what processes take is as it was when somebody last did.
 */
export function statusOf(
  arbiter: Reported,
  system: System,
  startedAt: number,
  app: string,
  looks = true,
): Status {
  const { phase, addresses, generation, target, workerTable, scoreboard, counters, eventLog } = arbiter;
  const at = system.clock.wall();
  const now = system.clock.monotonic();
  // One reading of each slot, so that the totals are the sum of the workers that are shown.
  const found = workerTable.bySlot().map((worker) => ({ worker, reading: scoreboard.read(worker.slot) }));
  const workers = found.map(({ worker, reading }) => workerStatus(worker, reading, looks, counters, now, at));
  return {
    version,
    runtime: system.host.runtime,
    pid: system.host.pid,
    phase,
    app,
    addresses,
    startedAt,
    at,
    generation,
    target,
    workers,
    totals: totalStatus(counters, workers, found.map(({ reading }) => reading), arbiter.backlog),
    master: looks
      ? counters.processes.read(arbiter, { pid: system.host.pid, bornAt: now - (at - startedAt) })
      : counters.processes.last(arbiter),
    events: eventLog.important,
  };
}

function workerStatus(
  worker: WorkerHandle,
  reading: SlotReading,
  looks: boolean,
  counters: ServerCounters,
  now: number,
  wall: number,
): WorkerStatus {
  const { slot, generation, state, bornAt, heartbeat, isStalled } = worker;
  const { pid } = worker.process;
  const { processes } = counters;
  const { cpu, cpuSeconds, memory } = looks
    ? processes.read(worker, { pid, bornAt })
    : processes.last(worker);
  return {
    slot,
    pid,
    generation: generation.number,
    state: state.is === "gone" ? "killed" : state.is,
    age: Math.round(now - bornAt),
    heartbeatAge: heartbeat === null ? null : Math.max(0, Math.round(now - heartbeat.at)),
    requests: reading.requests,
    inFlight: reading.inFlight,
    responses: byClass(reading.responses),
    isStalled,
    lag: Math.round(reading.lag),
    greatestLag: Math.round(reading.greatestLag),
    current: currentRequest(reading, wall),
    p50: quantile(reading.latency, 0.5),
    p99: quantile(reading.latency, 0.99),
    cpu,
    cpuSeconds,
    memory,
  };
}

function totalStatus(
  counters: ServerCounters,
  workers: readonly WorkerStatus[],
  readings: readonly Counters[],
  backlog: number | null,
): TotalStatus {
  const { gone, restartCounters } = counters;
  const { requests, responses, latency } = readings.reduce(addCounters, gone.counters);
  return {
    requests,
    responses: byClass(responses),
    latency,
    p50: quantile(latency, 0.5),
    p99: quantile(latency, 0.99),
    inFlight: workers.reduce((sum, { inFlight }) => sum + inFlight, 0),
    backlog,
    cpuSeconds: workers.reduce((sum, { cpuSeconds }) => sum + (cpuSeconds ?? 0), gone.cpuSeconds),
    restarts: restartCounters.restarts,
    reloads: restartCounters.reloads,
    upgrades: restartCounters.upgrades,
    scalings: restartCounters.scalings,
  };
}

function currentRequest({ entered, longest }: SlotReading, wall: number): CurrentRequest | null {
  const request = entered ?? longest;
  if (request === null) return null;
  const { method, path, since } = request;
  return { method, path, ms: Math.max(0, Math.round(wall - since)) };
}

function byClass(counts: readonly number[]): Responses {
  return Object.fromEntries(responseClasses.map((name, place) => [name, counts[place] ?? 0])) as Responses;
}
