/**
 * How many workers there shall be, as a pure function of what was seen. Up fast, in doubling steps; down slowly,
 * one at a time. `docs/autoscaling.md` tells the rules in plain words.
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
  /** Requests in flight a worker shall have at most. */
  readonly targetConcurrency: number;
  /** Connections that may wait before a worker is added at once. */
  readonly scaleBacklog: number;
  /** Share of loop time, 0 to 1, above which workers are added. */
  readonly scaleUpBusy: number;
  /** Share of loop time below which workers may go. */
  readonly scaleDownBusy: number;
  /** Milliseconds. */
  readonly idleTimeout: number;
  /** Bytes for all workers together; `null` for no limit. */
  readonly memoryBudget: number | null;
}

export interface Decision {
  readonly target: number;
  /** Which rule, and all figures. */
  readonly reason: string;
}

/** What is remembered from one tick to the next. */
export interface Autoscaling {
  readonly window: readonly Sample[];
  /** The target as it was left: another one was set by somebody else. */
  readonly target: number | null;
  /** Since when fewer would do. */
  readonly calmSince: number | null;
  /** How many workers the next rise may add. */
  readonly step: number;
  readonly raisedAt: number;
  readonly stabilization: Stabilization;
}

export const unscaled: Autoscaling = {
  window: [],
  target: null,
  calmSince: null,
  step: 1,
  raisedAt: -Infinity,
  stabilization: initialStabilization,
};

/** A rise that pauses for this long, in milliseconds, is over: the next one begins with one worker. */
const riseEnds = 2_000;
/** Workers this busy say nothing about how many more are needed. */
const saturated = 0.95;
/** A loop this late, in milliseconds, with requests behind it, is not asked to be so for a whole window. */
const blocked = 50;
const queuedBehind = 4;
/** Loops this late, in milliseconds, compute or wait for a core. Those of handlers that wait are late by 0 to 5. */
const starved = 25;
/** One worker fewer must leave this much room, or the next peak calls it back. */
const headroom = 0.8;
/** The first to go waits for the whole idle timeout, the next for a quarter of it. */
const nextAfter = 0.25;

export interface Outcome {
  readonly scaling: Autoscaling;
  /** Another target, or `null` to leave it. */
  readonly decision: Decision | null;
  /** What called for more workers, and what does not let them be. */
  readonly limitedBy?: string;
}

/** Takes in what was sampled now. */
export function autoscale(before: Autoscaling, sample: Sample, limits: Limits): Outcome {
  const { at, target } = sample;
  const isOwn = before.target === null || before.target === target;
  const scaling = {
    ...before,
    window: slide(before.window, sample),
    target,
    calmSince: isOwn ? before.calmSince : null,
  };
  const bounded = Math.min(Math.max(target, limits.min), limits.max);
  if (bounded !== target) {
    const decision = { target: bounded, reason: `min-workers ${limits.min}, max-workers ${limits.max}` };
    return { scaling: { ...scaling, target: bounded, calmSince: null }, decision };
  }

  const load = measure(scaling.window);
  const step = at - scaling.raisedAt > riseEnds ? 1 : scaling.step;
  const rise = demand(load, target, step, limits);
  const ceiling = limit(load, sample, limits);
  const next = rise === null ? target : Math.min(rise.needed, target + step, ceiling.at);
  if (rise !== null && next > target) {
    const kept = rise.needed > ceiling.at ? `, ${ceiling.at} by ${ceiling.by}` : "";
    return {
      scaling: {
        ...scaling,
        target: next,
        calmSince: null,
        step: step * 2,
        raisedAt: at,
        stabilization: raised(scaling.stabilization, limits.idleTimeout, at),
      },
      decision: { target: next, reason: `${rise.reason}${kept} (${describeLoad(load)})` },
    };
  }

  if (rise !== null) {
    const limitedBy = `${rise.reason}, but ${ceiling.at} by ${ceiling.by} (${describeLoad(load)})`;
    return { scaling: { ...scaling, calmSince: null }, decision: null, limitedBy };
  }
  if (!isCalm(load, target, limits)) return { scaling: { ...scaling, calmSince: null }, decision: null };
  const calmSince = scaling.calmSince ?? at;
  const stabilization = stabilizationWindowAt(scaling.stabilization, limits.idleTimeout, at);
  const isDue = at - calmSince >= stabilization && target > limits.min && sample.leaving === 0 &&
    load.starting === 0;
  if (!isDue) return { scaling: { ...scaling, calmSince }, decision: null };
  return {
    scaling: {
      ...scaling,
      target: target - 1,
      calmSince: at - stabilization * (1 - nextAfter),
      stabilization: lowered(scaling.stabilization, at),
    },
    decision: {
      target: target - 1,
      reason: `below scale-down-busy ${percent(limits.scaleDownBusy)} and ${target - 1} would do for ${
        seconds(stabilization)
      } (${describeLoad(load)})`,
    },
  };
}

interface Demand {
  readonly needed: number;
  readonly reason: string;
}

/** What calls for more workers; the greatest need, if there is any. */
function demand(load: Load, target: number, step: number, limits: Limits): Demand | null {
  const { targetConcurrency, scaleBacklog, scaleUpBusy } = limits;
  const found: Demand[] = [];
  // Those that start already are on their way to what waits.
  if (load.waiting > scaleBacklog * (1 + load.starting)) {
    found.push({
      needed: target + 1,
      reason: `${load.waiting} connections wait, more than scale-backlog ${scaleBacklog}`,
    });
  }
  const needed = Math.ceil(load.inFlight / targetConcurrency) + load.stuck;
  if (needed > target) {
    found.push({
      needed,
      reason:
        `${round(load.inFlight)} requests in flight, more than target-concurrency ${targetConcurrency} ` +
        `for each worker: ${needed} needed`,
    });
  }
  const isBlocked = load.lag >= blocked && load.depth >= queuedBehind;
  const isBusy = load.busy > scaleUpBusy && load.isSteady;
  // How busy workers will be is known only when those that start have taken their share.
  if (load.able > 0 && load.starting === 0 && (isBusy || isBlocked)) {
    const known = Math.ceil(load.busy * load.able / scaleUpBusy) + load.stuck;
    found.push({
      needed: isBlocked || load.busy > saturated ? target + step : Math.max(known, target + 1),
      reason: isBusy
        ? `workers are busy for ${percent(load.busy)}, more than scale-up-busy ${percent(scaleUpBusy)}`
        : `event loops are held up for ${round(load.lag)} ms with ${round(load.depth)} requests each`,
    });
  }
  return found.reduce<Demand | null>(
    (most, one) => most === null || one.needed > most.needed ? one : most,
    null,
  );
}

/** The most workers that can be of use, and what says so. What is there already is not taken away. */
function limit(load: Load, { target, memory, workers }: Sample, limits: Limits): { at: number; by: string } {
  const { max, cores, memoryBudget } = limits;
  const ceilings = [{ at: max, by: "max-workers" }];
  if (computes(load, limits)) ceilings.push({ at: cores, by: `the ${cores} cores: workers compute` });
  if (memoryBudget !== null && memory !== null && workers.length > 0) {
    ceilings.push({ at: Math.floor(memoryBudget / (memory / workers.length)), by: "memory-budget" });
  }
  const { at, by } = ceilings.reduce((least, one) => one.at < least.at ? one : least);
  return { at: Math.max(at, target), by };
}

/**
 * True if workers compute rather than wait: beyond the cores, more of them only share what there is. Other
 * programs may take their part of the cores (20 ms handlers on a busy machine showed 25 % CPU each), so loops
 * that are late count too.
 */
function computes({ busy, cpu, cores, late }: Load, { scaleUpBusy, ...limits }: Limits): boolean {
  return busy > scaleUpBusy || cpu > scaleUpBusy || cores > scaleUpBusy * limits.cores || late >= starved;
}

/** True if one worker fewer would do, with room. */
function isCalm(load: Load, target: number, limits: Limits): boolean {
  const { targetConcurrency, scaleBacklog, scaleUpBusy, scaleDownBusy } = limits;
  const fewer = target - load.stuck - 1;
  if (fewer < 1) return false;
  return load.busy < scaleDownBusy && load.waiting <= scaleBacklog / 2 &&
    load.inFlight <= headroom * targetConcurrency * fewer &&
    load.busy * load.able <= headroom * scaleUpBusy * fewer;
}

function describeLoad({ able, stuck, starting, waiting, inFlight, busy, cores, lag }: Load): string {
  const more = (count: number, what: string) => count === 0 ? "" : `, ${count} ${what}`;
  return `${able} ready${more(starting, "starting")}${more(stuck, "stuck")}, ${
    round(inFlight)
  } requests in flight, ` +
    `${waiting} waiting, ${percent(busy)} busy, ${cores.toFixed(2)} cores, lag ${round(lag)} ms`;
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
