/** How loaded the workers are, measured over the last samples. */

/** One ready worker at one moment. */
export interface WorkerSample {
  readonly inFlight: number;
  /** CPU time since the previous sample, as a share of one core; `null` if there is no previous sample. */
  readonly cpu: number | null;
  /** How late its event loop is, in milliseconds. */
  readonly lag: number;
}

/** All workers at one moment. */
export interface Sample {
  /** Milliseconds on a monotonic clock. */
  readonly at: number;
  /** How many workers there should be. */
  readonly target: number;
  /** The ready workers. */
  readonly workers: readonly WorkerSample[];
  /** How many workers are draining. */
  readonly leaving: number;
  /** Connections that no worker has accepted yet. */
  readonly waiting: number;
  /** Bytes used by all workers together; `null` if it was not measured. */
  readonly memory: number | null;
}

export interface Load {
  /** Workers that are ready and not stuck. */
  readonly able: number;
  readonly stuck: number;
  /** Workers missing from the target because they are not ready yet. */
  readonly starting: number;
  readonly waiting: number;
  /** Requests in flight in all able workers together, averaged over the window. */
  readonly inFlight: number;
  /** Busy share of a worker's event loop, 0 to 1, averaged over workers and window. */
  readonly busy: number;
  /** True if the number of workers did not change within the window, so that `busy` is about the current ones. */
  readonly isSteady: boolean;
  /** Mean CPU share of a worker in the last sample. */
  readonly cpu: number;
  /** CPU used by all workers together, in cores. */
  readonly cores: number;
  /** Median lag in the last sample, in milliseconds, so that a single hanging worker does not count. */
  readonly lag: number;
  /** Mean lag over the window: a single sample may find some computing workers on time. */
  readonly late: number;
  /** Requests in flight per able worker in the last sample. */
  readonly depth: number;
}

/**
 * Length of the window in milliseconds, two ticks: a step of the load fills it before the third. A longer window would
 * smooth more and react later; on the way down the stabilization window does the smoothing.
 */
const span = 500;

/** With this lag, in milliseconds, a worker is stuck: it will be killed, and other workers cannot take its requests. */
const stuckAfter = 3_000;

/** Time between heartbeats under load, in milliseconds, with allowance; a later one means a blocked event loop. */
const heartbeatDue = 25;

/** Lag below this, in milliseconds, also happens to an idle event loop on a busy machine. */
const blockedLag = 50;

/** The window after `sample` has been added and old samples dropped. */
export function slide(window: readonly Sample[], sample: Sample): readonly Sample[] {
  return [...window.filter(({ at }) => at > sample.at - span && at <= sample.at), sample];
}

/** The load over a window; counts are those of its last sample. */
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
    // A stuck worker may keep a core busy, so all workers count.
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
 * Deno does not report how long its event loop is busy. The CPU time of the process is close to it. A late event loop
 * was blocked for that long, even if it only waited for a disk or a core.
 */
function busyOf({ cpu, lag, inFlight }: WorkerSample): number {
  const late = lag >= blockedLag && inFlight > 0 ? lag / (lag + heartbeatDue) : 0;
  return Math.max(Math.min(1, cpu ?? 0), late);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}

/** The lower of the two middle values if their number is even. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? 0;
}
