/**
 * Decides how many task workers there should be, as a pure function of what waits and what runs. More tasks waiting than
 * `backlog`, or one that waits for too long although all workers are full, adds a worker at once; the next one follows when
 * that one has had time to take tasks. Fewer workers come one at a time, after fewer would have been enough for a while.
 */

export interface TaskLoad {
  /** By the monotonic clock. */
  readonly at: number;
  /** Workers that are ready to take tasks. */
  readonly ready: number;
  /** Tasks that they run. */
  readonly running: number;
  readonly waiting: number;
  /** Milliseconds that the oldest of them waits. */
  readonly oldest: number;
}

export interface TaskLimits {
  readonly min: number;
  readonly max: number;
  /** Tasks that a worker runs at a time. */
  readonly concurrency: number;
  /** Tasks that may wait before a worker is added at once. */
  readonly backlog: number;
  /** How long fewer workers must have been enough, in milliseconds. */
  readonly idleTimeout: number;
}

/** What is kept from one decision to the next. */
interface TaskScaling {
  /** Since when fewer workers have been enough. */
  readonly calmSince: number | null;
}

export const initialTaskScaling: TaskScaling = { calmSince: null };

/** A task that has waited for so many milliseconds, although all workers are full, adds a worker. */
const longWait = 5_000;

/** A worker is removed if the others would be busy up to this share with what runs now. */
const headroom = 0.8;

interface Outcome {
  readonly scaling: TaskScaling;
  readonly target: number;
  /** Why it changes; `null` if it does not. */
  readonly reason: string | null;
}

/** `target`: how many workers there should be until now. */
export function scaleTasks(before: TaskScaling, target: number, load: TaskLoad, limits: TaskLimits): Outcome {
  const { min, max, concurrency, backlog, idleTimeout } = limits;
  const { at, ready, running, waiting, oldest } = load;
  const bounded = Math.min(Math.max(target, min), max);
  if (bounded !== target) {
    const reason = `outside min-task-workers ${min} to max-task-workers ${max}`;
    return { scaling: initialTaskScaling, target: bounded, reason };
  }
  // Those that boot have not taken their share yet.
  const isSettled = ready >= target;
  const isFull = running >= ready * concurrency;
  if (target < max && isSettled) {
    if (waiting > backlog) {
      return raised(target, `${count(waiting, "task")} waiting, more than task-backlog ${backlog}`);
    }
    if (waiting > 0 && isFull && oldest >= longWait) {
      return raised(target, `a task has waited for ${(oldest / 1000).toFixed(1)} s`);
    }
  }
  const fewer = target - 1;
  const isCalm = target > min && waiting === 0 && running <= fewer * concurrency * headroom;
  if (!isCalm) return { scaling: initialTaskScaling, target, reason: null };
  const calmSince = before.calmSince ?? at;
  if (at - calmSince < idleTimeout) return { scaling: { calmSince }, target, reason: null };
  const reason = `${count(fewer, "worker")} would have been enough for ${idleTimeout / 1000} s`;
  return { scaling: initialTaskScaling, target: fewer, reason };
}

function raised(target: number, reason: string): Outcome {
  return { scaling: initialTaskScaling, target: target + 1, reason };
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
