/** How the server is at this moment, as one value. */

import type { ChannelStatus } from "../../core/telemetry/channel_status.ts";
import type { ChannelCounters } from "../../core/telemetry/counted_before.ts";
import { addCounters, type Counters } from "../../core/telemetry/counters.ts";
import { failureKinds } from "../../core/telemetry/failures.ts";
import { quantile } from "../../core/telemetry/latency_histogram.ts";
import type { SlotReading } from "../../core/telemetry/scoreboard.ts";
import {
  type CurrentRequest,
  type MasterPhase,
  type ProcessUse,
  responseClasses,
  type Status,
  type TotalStatus,
  type WorkerStatus,
} from "../../core/telemetry/status.ts";
import type { TaskStatus } from "../../core/telemetry/task_status.ts";
import { version } from "../../core/version.ts";
import type { System } from "../../system/system.ts";
import type { ReadableProcess } from "../workers/process_readings.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { ServerCounters } from "./counters.ts";
import type { EventLog } from "./event_log.ts";
import type { TaskStatistics } from "./task_statistics.ts";

/** What the status is read from. */
export interface StatusSource {
  readonly phase: MasterPhase;
  readonly oldMaster: number | null;
  readonly app: string;
  readonly addresses: readonly string[];
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly generation: number;
  readonly target: number;
  readonly spares: number;
  readonly backlog: number | null;
  readonly workerTable: WorkerTable;
  readonly tasks: {
    readonly pool: { readonly target: number; readonly hasTasks: boolean };
    readonly workerTable: WorkerTable;
    readonly heartbeatMonitor: StatusSource["heartbeats"];
    readonly statistics: TaskStatistics;
  };
  /** Null without channel-url. */
  readonly channels: { readonly status: ChannelStatus; carryOn(before: ChannelCounters): void } | null;
  readonly scoreboard: Scoreboard;
  readonly counters: ServerCounters;
  readonly eventLog: EventLog;
  readonly heartbeats: {
    silence(worker: WorkerHandle): number | null;
    isStalled(worker: WorkerHandle): boolean;
  };
}

/** Returns the CPU time and memory of a process; `key` is the object it is remembered by. */
type ReadUse = (key: object, process: ReadableProcess) => ProcessUse;

/** With CPU time and memory as they are now: reads /proc for each process, at most once a second. */
export function statusWithProcesses(source: StatusSource, system: System): Status {
  return statusFrom(source, system, (key, process) => source.counters.processes.read(key, process));
}

/** With CPU time and memory as they were last read, without reading /proc. */
function statusOf(source: StatusSource, system: System): Status {
  return statusFrom(source, system, (key) => source.counters.processes.last(key));
}

/**
 * The same with only what this master has counted, for what shows differences: what its old master had counted would be
 * a rate that no server ever had.
 */
export function ownStatusOf(source: StatusSource, system: System): Status {
  return source.counters.alone(() => statusOf(source, system));
}

function statusFrom(source: StatusSource, system: System, readUse: ReadUse): Status {
  const { phase, oldMaster, app, addresses, startedAt, generation, target, spares, backlog } = source;
  const { workerTable, scoreboard, counters, eventLog } = source;
  const { pid, runtime } = system.host;
  const at = system.clock.wall();
  const now = system.clock.monotonic();
  // One reading of each slot, so that the totals are the sum of the workers that are shown.
  const found = workerTable.bySlot().map((worker) => ({ worker, reading: scoreboard.read(worker.slot) }));
  const describe =
    (heartbeats: StatusSource["heartbeats"]) => ({ worker, reading }: typeof found[number]) => ({
      ...workerStatus(worker, reading, heartbeats, now, at),
      restarts: eventLog.deathsOf(worker.role, worker.number),
      ...readUse(worker, { ...processOf(worker), bornAt: worker.bornAt }),
    });
  const workers = found.map(describe(source.heartbeats));
  const { tasks } = source;
  const taskWorkers = () =>
    tasks.workerTable.bySlot()
      .map((worker) => ({ worker, reading: scoreboard.read(worker.slot) }))
      .map(describe(tasks.heartbeatMonitor));
  return {
    ...{
      version,
      runtime,
      pid,
      phase,
      oldMaster,
      app,
      addresses,
      startedAt,
      countedSince: counters.since,
      at,
      generation,
      target,
      spares,
      workers,
    },
    totals: totalStatus(counters, workers, found.map(({ reading }) => reading), backlog),
    channels: source.channels?.status ?? null,
    tasks: tasks.pool.hasTasks ? taskStatus(source, taskWorkers(), now) : null,
    master: masterUse(readUse(counters, { pid, bornAt: now - (at - startedAt) }), counters),
    transition: eventLog.transition,
    events: eventLog.important,
  };
}

function processOf({ process: { pid, thread } }: WorkerHandle): Omit<ReadableProcess, "bornAt"> {
  return thread === undefined ? { pid } : { pid, thread };
}

/** With the processor time of the masters before this one. */
function masterUse(use: ProcessUse, { masterCpuSeconds }: ServerCounters): ProcessUse {
  return use.cpuSeconds === null
    ? use
    : { ...use, cpuSeconds: hundredths(use.cpuSeconds + masterCpuSeconds) };
}

/**
 * As the system counts them. The same times added in another order are 1.3900000000000001 once and then 1.39, which a
 * Prometheus takes for a counter that has started again.
 */
function hundredths(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}

function taskStatus(
  { tasks: { pool, statistics } }: StatusSource,
  workers: readonly WorkerStatus[],
  now: number,
): TaskStatus<WorkerStatus> {
  const { backlog: store, problem } = statistics;
  return { target: pool.target, workers, store, problem, totals: statistics.totals(now) };
}

function workerStatus(
  worker: WorkerHandle,
  reading: SlotReading,
  heartbeats: StatusSource["heartbeats"],
  now: number,
  wall: number,
): Omit<WorkerStatus, keyof ProcessUse | "restarts"> {
  const { number: slot, generation, state, bornAt, process } = worker;
  const silence = heartbeats.silence(worker);
  return {
    slot,
    pid: process.pid,
    thread: process.thread?.number ?? null,
    generation: generation.number,
    state: state.is === "gone" ? "killed" : state.is === "ready" ? readyState(worker) : state.is,
    age: Math.round(now - bornAt),
    heartbeatAge: silence === null ? null : Math.round(silence),
    requests: reading.requests,
    inFlight: reading.inFlight,
    webSockets: reading.webSockets,
    responses: named(responseClasses, reading.responses),
    isStalled: heartbeats.isStalled(worker),
    lag: Math.round(reading.lag),
    greatestLag: Math.round(reading.greatestLag),
    current: currentRequest(reading, wall),
    p50: quantile(reading.latency, 0.5),
    p99: quantile(reading.latency, 0.99),
  };
}

function readyState({ isSpare, isPaused }: WorkerHandle): WorkerStatus["state"] {
  if (isPaused) return "paused";
  return isSpare ? "spare" : "ready";
}

function totalStatus(
  counters: ServerCounters,
  workers: readonly WorkerStatus[],
  readings: readonly Counters[],
  backlog: number | null,
): TotalStatus {
  const { gone, changeCounters } = counters;
  const { requests, responses, failures, latency } = readings.reduce(addCounters, gone.counters);
  return {
    requests,
    responses: named(responseClasses, responses),
    failures: named(failureKinds, failures),
    latency,
    p50: quantile(latency, 0.5),
    p99: quantile(latency, 0.99),
    inFlight: workers.reduce((sum, { inFlight }) => sum + inFlight, 0),
    webSockets: workers.reduce((sum, { webSockets }) => sum + webSockets, 0),
    backlog,
    cpuSeconds: hundredths(workers.reduce((sum, { cpuSeconds }) => sum + (cpuSeconds ?? 0), gone.cpuSeconds)),
    ...changeCounters,
  };
}

function currentRequest({ entered, longest }: SlotReading, wall: number): CurrentRequest | null {
  const request = entered ?? longest;
  if (request === null) return null;
  const { method, path, since } = request;
  return { method, path, ms: Math.max(0, Math.round(wall - since)) };
}

function named<Name extends string>(
  names: readonly Name[],
  counts: readonly number[],
): Record<Name, number> {
  return Object.fromEntries(names.map((name, place) => [name, counts[place] ?? 0])) as Record<Name, number>;
}
