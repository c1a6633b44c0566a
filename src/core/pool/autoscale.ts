/**
 * Decides how many workers there should be, as a pure function of the samples. It scales up fast, in doubling steps,
 * and down slowly, one worker at a time. `docs/autoscaling.md` explains the rules to users.
 */

import { type Load, measure, type Sample, slide } from "./load.ts";
import {
  initialStabilization,
  lowered,
  raised,
  type Stabilization,
  stabilizationWindowAt,
} from "./stabilization.ts";

export interface Limits {
  readonly min: number;
  readonly max: number;
  /** Cores the workers may use together. */
  readonly cores: number;
  /** The most requests in flight that one worker should have. */
  readonly targetConcurrency: number;
  /** Connections that may wait before a worker is added at once. */
  readonly scaleBacklog: number;
  /** Busy share of the event loops, 0 to 1, above which workers are added. */
  readonly scaleUpBusy: number;
  /** Busy share below which workers may be removed. */
  readonly scaleDownBusy: number;
  /** In milliseconds. */
  readonly idleTimeout: number;
  /** Bytes for all workers together; `null` for no limit. */
  readonly memoryBudget: number | null;
  /** How many workers a process has: they come and go together. One if missing. */
  readonly each?: number;
}

export interface Decision {
  readonly target: number;
  /** The rule that applied, and the measured load. */
  readonly reason: string;
}

/** The state kept from one tick to the next. */
interface Autoscaling {
  readonly window: readonly Sample[];
  /** The target after the previous tick. If it differs now, an operator has changed it. */
  readonly target: number | null;
  /** Since when fewer workers have been enough. */
  readonly calmSince: number | null;
  /** How many workers the next scale-up may add. */
  readonly step: number;
  readonly raisedAt: number;
  readonly stabilization: Stabilization;
}

export const initialAutoscaling: Autoscaling = {
  window: [],
  target: null,
  calmSince: null,
  step: 1,
  raisedAt: -Infinity,
  stabilization: initialStabilization,
};

/** After this long without a scale-up, in milliseconds, the step is one worker again. */
const stepResetAfter = 2_000;
/** Above this busy share it is unknown how many more workers are needed: the true demand does not show. */
const saturated = 0.95;
/** A lag of this many milliseconds with this many requests per worker counts at once, not after a full window. */
const blockedLag = 50;
const blockedDepth = 4;
/** With this lag, in milliseconds, handlers compute or wait for a core. Handlers that wait for I/O cause 0 to 5. */
const computingLag = 25;
/** The remaining workers may be loaded up to this share, or the next peak would bring the removed one back. */
const headroom = 0.8;
/** The first removal waits for the whole stabilization window, the next ones for this share of it. */
const repeatedRemovalShare = 0.25;

interface Outcome {
  readonly scaling: Autoscaling;
  /** A new target, or `null` to keep the current one. */
  readonly decision: Decision | null;
  /** The demand that could not be met, and the limit that prevents it. */
  readonly limitedBy?: string;
}

/** Adds a sample to the window and decides on it. */
export function autoscale(before: Autoscaling, sample: Sample, limits: Limits): Outcome {
  const { at, target } = sample;
  const { each = 1 } = limits;
  const isTargetUnchanged = before.target === null || before.target === target;
  const scaling = {
    ...before,
    window: slide(before.window, sample),
    target,
    calmSince: isTargetUnchanged ? before.calmSince : null,
  };
  const bounded = Math.min(Math.max(target, limits.min), limits.max);
  if (bounded !== target) {
    const decision = {
      target: bounded,
      reason: `outside min-workers ${limits.min} to max-workers ${limits.max}`,
    };
    return { scaling: { ...scaling, target: bounded, calmSince: null }, decision };
  }

  const load = measure(scaling.window);
  const step = at - scaling.raisedAt > stepResetAfter ? 1 : scaling.step;
  const demand = demandOf(load, target, step, limits);
  const ceiling = ceilingOf(load, sample, limits);
  const next = demand === null ? target : Math.min(
    Math.ceil(Math.min(demand.needed, target + step) / each) * each,
    // Whole processes fit below it, if any more do.
    Math.max(Math.floor(ceiling.at / each) * each, target),
  );
  if (demand !== null && next > target) {
    const shortfall = demand.needed > ceiling.at ? `, limited to ${ceiling.at} by ${ceiling.by}` : "";
    return {
      scaling: {
        ...scaling,
        target: next,
        calmSince: null,
        step: step * 2,
        raisedAt: at,
        stabilization: raised(scaling.stabilization, limits.idleTimeout, at),
      },
      decision: { target: next, reason: `${demand.reason}${shortfall} (${describeLoad(load)})` },
    };
  }

  if (demand !== null) {
    const limitedBy = `${demand.reason}, but limited to ${ceiling.at} by ${ceiling.by} (${
      describeLoad(load)
    })`;
    return { scaling: { ...scaling, calmSince: null }, decision: null, limitedBy };
  }
  if (!isCalm(load, target, limits)) return { scaling: { ...scaling, calmSince: null }, decision: null };
  const calmSince = scaling.calmSince ?? at;
  const window = stabilizationWindowAt(scaling.stabilization, limits.idleTimeout, at);
  const fewer = target - each;
  const isDue = at - calmSince >= window && fewer >= limits.min && sample.leaving === 0 &&
    load.starting === 0;
  if (!isDue) return { scaling: { ...scaling, calmSince }, decision: null };
  return {
    scaling: {
      ...scaling,
      target: fewer,
      calmSince: at - window * (1 - repeatedRemovalShare),
      stabilization: lowered(scaling.stabilization, at),
    },
    decision: {
      target: fewer,
      reason: `less than scale-down-busy ${percent(limits.scaleDownBusy)} busy, and ${
        countWorkers(fewer)
      } would have been enough for ${seconds(window)} (${describeLoad(load)})`,
    },
  };
}

interface Demand {
  readonly needed: number;
  readonly reason: string;
}

/** The rule that calls for the most workers; `null` if none calls for more. */
function demandOf(load: Load, target: number, step: number, limits: Limits): Demand | null {
  const { targetConcurrency, scaleBacklog, scaleUpBusy } = limits;
  const found: Demand[] = [];
  // Workers that are already starting will take some of the waiting connections.
  if (load.waiting > scaleBacklog * (1 + load.starting)) {
    found.push({
      needed: target + 1,
      reason: `${load.waiting} connections are waiting, more than scale-backlog ${scaleBacklog}`,
    });
  }
  const needed = Math.ceil(load.inFlight / targetConcurrency) + load.stuck;
  if (needed > target) {
    found.push({
      needed,
      reason:
        `${round(load.inFlight)} requests in flight, more than target-concurrency ${targetConcurrency} ` +
        `per worker: ${countWorkers(needed)} needed`,
    });
  }
  const isBlocked = load.lag >= blockedLag && load.depth >= blockedDepth;
  const isBusy = load.busy > scaleUpBusy && load.isSteady;
  // How busy workers will be is known only once the starting ones have taken their share of the load.
  if (load.able > 0 && load.starting === 0 && (isBusy || isBlocked)) {
    const known = Math.ceil(load.busy * load.able / scaleUpBusy) + load.stuck;
    found.push({
      needed: isBlocked || load.busy > saturated ? target + step : Math.max(known, target + 1),
      reason: isBusy
        ? `workers are ${percent(load.busy)} busy, more than scale-up-busy ${percent(scaleUpBusy)}`
        : `event loops are blocked for ${round(load.lag)} ms with ${round(load.depth)} requests each`,
    });
  }
  return found.reduce<Demand | null>(
    (greatest, demand) => greatest === null || demand.needed > greatest.needed ? demand : greatest,
    null,
  );
}

/** The most workers that are allowed or useful, and the limit that says so. Never below the current target. */
function ceilingOf(
  load: Load,
  { target, memory, workers }: Sample,
  limits: Limits,
): { at: number; by: string } {
  const { max, cores, memoryBudget } = limits;
  const ceilings = [{ at: max, by: "max-workers" }];
  if (computes(load, limits)) {
    ceilings.push({ at: cores, by: `${cores} cores, as the workers are CPU-bound` });
  }
  if (memoryBudget !== null && memory !== null && workers.length > 0) {
    ceilings.push({ at: Math.floor(memoryBudget / (memory / workers.length)), by: "memory-budget" });
  }
  const { at, by } = ceilings.reduce((lowest, ceiling) => ceiling.at < lowest.at ? ceiling : lowest);
  return { at: Math.max(at, target), by };
}

/**
 * True if workers compute rather than wait for I/O: then more workers than cores bring nothing. If other programs
 * use the cores, CPU time alone does not show it (20 ms handlers on a busy machine showed 25 % CPU each), so late
 * event loops count too.
 */
function computes({ busy, cpu, cores, late }: Load, { scaleUpBusy, ...limits }: Limits): boolean {
  return busy > scaleUpBusy || cpu > scaleUpBusy || cores > scaleUpBusy * limits.cores ||
    late >= computingLag;
}

/** True if one process fewer would be enough, with room to spare. */
function isCalm(load: Load, target: number, limits: Limits): boolean {
  const { targetConcurrency, scaleBacklog, scaleUpBusy, scaleDownBusy } = limits;
  const remaining = target - load.stuck - (limits.each ?? 1);
  if (remaining < 1) return false;
  return load.busy < scaleDownBusy && load.waiting <= scaleBacklog / 2 &&
    load.inFlight <= headroom * targetConcurrency * remaining &&
    load.busy * load.able <= headroom * scaleUpBusy * remaining;
}

function describeLoad({ able, stuck, starting, waiting, inFlight, busy, cores, lag }: Load): string {
  const ifAny = (count: number, what: string) => count === 0 ? "" : `, ${count} ${what}`;
  return `${able} ready${ifAny(starting, "starting")}${ifAny(stuck, "stuck")}, ${
    round(inFlight)
  } requests in flight, ` +
    `${waiting} waiting, ${percent(busy)} busy, ${cores.toFixed(2)} cores, lag ${round(lag)} ms`;
}

function countWorkers(count: number): string {
  return count === 1 ? "1 worker" : `${count} workers`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function seconds(ms: number): string {
  return `${round(ms / 1000)} s`;
}
