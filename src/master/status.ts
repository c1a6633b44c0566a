import { addFigures, type Figures } from "../core/figures.ts";
import { quantile } from "../core/latency_histogram.ts";
import type { SlotReading } from "../core/scoreboard.ts";
import type { CurrentRequest, Responses, Status, TotalStatus, WorkerStatus } from "../core/status.ts";
import { responseClasses } from "../core/status.ts";
import { version } from "../core/version.ts";
import type { System } from "../system/system.ts";
import type { Arbiter } from "./arbiter.ts";
import type { Child } from "./child.ts";
import type { Totals } from "./totals.ts";

type Reported = Pick<
  Arbiter,
  "phase" | "addresses" | "generation" | "target" | "roster" | "scoreboard" | "totals" | "backlog" | "feed"
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
  const { phase, addresses, generation, target, roster, scoreboard, totals, feed } = arbiter;
  const at = system.clock.wall();
  const now = system.clock.monotonic();
  // One reading of each slot, so that the totals are the sum of the workers that are shown.
  const found = roster.bySlot().map((child) => ({ child, reading: scoreboard.read(child.slot) }));
  const workers = found.map(({ child, reading }) => workerStatus(child, reading, looks, totals, now, at));
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
    totals: totalStatus(totals, workers, found.map(({ reading }) => reading), arbiter.backlog),
    master: looks
      ? totals.processes.read(arbiter, { pid: system.host.pid, bornAt: now - (at - startedAt) })
      : totals.processes.last(arbiter),
    events: feed.notable,
  };
}

function workerStatus(
  child: Child,
  reading: SlotReading,
  looks: boolean,
  totals: Totals,
  now: number,
  wall: number,
): WorkerStatus {
  const { slot, generation, state, bornAt, pulse, isStalled } = child;
  const { pid } = child.process;
  const { processes } = totals;
  const { cpu, cpuSeconds, memory } = looks ? processes.read(child, { pid, bornAt }) : processes.last(child);
  return {
    slot,
    pid,
    generation: generation.number,
    state: state.is === "gone" ? "killed" : state.is,
    age: Math.round(now - bornAt),
    beatAge: pulse === null ? null : Math.max(0, Math.round(now - pulse.at)),
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
  totals: Totals,
  workers: readonly WorkerStatus[],
  readings: readonly Figures[],
  backlog: number | null,
): TotalStatus {
  const { gone, history } = totals;
  const { requests, responses, latency } = readings.reduce(addFigures, gone.figures);
  return {
    requests,
    responses: byClass(responses),
    latency,
    p50: quantile(latency, 0.5),
    p99: quantile(latency, 0.99),
    inFlight: workers.reduce((sum, { inFlight }) => sum + inFlight, 0),
    backlog,
    cpuSeconds: workers.reduce((sum, { cpuSeconds }) => sum + (cpuSeconds ?? 0), gone.cpuSeconds),
    restarts: history.restarts,
    reloads: history.reloads,
    upgrades: history.upgrades,
    scalings: history.scalings,
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
