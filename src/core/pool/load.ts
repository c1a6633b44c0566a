/** How loaded the workers are, from what was sampled in the last moments. */

/** One worker that serves, at one moment. */
export interface WorkerSample {
  readonly inFlight: number;
  /** CPU time since the sample before, as a share of one core; `null` where there is none to compare with. */
  readonly cpu: number | null;
  /** How late its event loop is, in milliseconds. */
  readonly lag: number;
}

/** All workers at one moment. */
export interface Sample {
  /** Milliseconds on a monotonic clock. */
  readonly at: number;
  /** How many workers shall serve. */
  readonly target: number;
  /** Those that are ready. */
  readonly workers: readonly WorkerSample[];
  /** How many still finish their requests, to go then. */
  readonly leaving: number;
  /** Connections nobody has accepted yet. */
  readonly waiting: number;
  /** Bytes all workers take together; `null` where nobody asked. */
  readonly memory: number | null;
}

export interface Load {
  /** Workers that are ready and not stuck. */
  readonly able: number;
  readonly stuck: number;
  /** Of the target, those that are not ready yet. */
  readonly starting: number;
  readonly waiting: number;
  /** Requests in flight in all able workers, on average. */
  readonly inFlight: number;
  /** Share of loop time in which a worker was busy, on average. */
  readonly busy: number;
  /** True if `busy` tells of the workers that are there now, not of fewer or more. */
  readonly isSteady: boolean;
  /** Mean CPU share of a worker in the last sample alone. */
  readonly cpu: number;
  /** CPU time all workers together take, in cores. */
  readonly cores: number;
  /** Median lag in the last sample, in milliseconds: one worker that hangs says nothing about the others. */
  readonly lag: number;
  /** Mean lag of the window: where all compute, one look may find some of them on time. */
  readonly late: number;
  /** Requests in flight for each able worker in the last sample. */
  readonly depth: number;
}

/**
 * Two ticks: a step of the load fills the window before the third. A longer one would smooth more and answer
 * later; what is smoothed too little is held back by patience on the way down.
 */
const span = 500;

/** An event loop this late is stuck: its requests wait for a kill, not for another worker. */
const stuckAfter = 3_000;

/** A beat is due this often under load: what comes later was held up. */
const heartbeat = 25;

/** Less, in milliseconds, a busy machine does to an idle loop. */
const blocked = 50;

/** The samples that count from now on. */
export function slide(window: readonly Sample[], sample: Sample): readonly Sample[] {
  return [...window.filter(({ at }) => at > sample.at - span && at <= sample.at), sample];
}

/** What a window, the last sample of it above all, says. */
export function measure(window: readonly Sample[]): Load {
  const last = window.at(-1)!;
  const able = last.workers.filter(isAble);
  const inFlight = mean(window.map(({ workers }) => sum(workers.filter(isAble).map((w) => w.inFlight))));
  return {
    able: able.length,
    stuck: last.workers.length - able.length,
    starting: Math.max(0, last.target - last.workers.length),
    waiting: last.waiting,
    inFlight,
    busy: mean(window.map(({ workers }) => mean(workers.filter(isAble).map(busyOf)))),
    isSteady: window.length > 1 && window.every(({ workers }) => workers.length === last.workers.length),
    cpu: mean(able.flatMap(({ cpu }) => cpu === null ? [] : [cpu])),
    // What is stuck may well keep a core busy.
    cores: mean(window.map(({ workers }) => sum(workers.map(({ cpu }) => cpu ?? 0)))),
    lag: median(able.map(({ lag }) => lag)),
    late: mean(window.map(({ workers }) => mean(workers.filter(isAble).map(({ lag }) => lag)))),
    depth: mean(able.map((worker) => worker.inFlight)),
  };
}

function isAble({ lag }: WorkerSample): boolean {
  return lag < stuckAfter;
}

/**
 * Deno does not tell how long its event loop is busy. CPU time of the process is close to it; a loop that is
 * late was busy for that long even if it only waited for a disk or for a core.
 */
function busyOf({ cpu, lag, inFlight }: WorkerSample): number {
  const late = lag >= blocked && inFlight > 0 ? lag / (lag + heartbeat) : 0;
  return Math.max(Math.min(1, cpu ?? 0), late);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}

/** Of two in the middle, the lower one. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? 0;
}
