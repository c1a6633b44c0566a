/**
 * Which worker is spent and to be replaced: after many requests, after a long life, or when it has grown. It
 * answers one worker at a time; the next is asked for when this one has been replaced.
 */

/** A worker that is ready, as it is now. */
export interface RecyclingCandidate<Id> {
  readonly id: Id;
  /** Milliseconds since it became ready. */
  readonly age: number;
  readonly requests: number;
  /** Bytes; null if not known. */
  readonly memory: number | null;
  /** In [0, 1), drawn at its birth: its share of every jitter, so that workers are not spent all at once. */
  readonly jitterShare: number;
}

/** 0 is no limit. A worker's own limit is the limit plus its share of the jitter, a whole number. */
export interface RecyclingLimits {
  readonly maxRequests: number;
  readonly maxRequestsJitter: number;
  /** Milliseconds. */
  readonly maxLifetime: number;
  readonly maxLifetimeJitter: number;
  /** Bytes. */
  readonly maxMemory: number;
  readonly maxMemoryJitter: number;
}

export type RecycleReason = "max-requests" | "max-lifetime" | "max-memory";

export interface DueForRecycling<Id> {
  readonly id: Id;
  readonly because: RecycleReason;
  readonly value: number;
  /** The worker's own, jitter included. */
  readonly limit: number;
}

/** The worker that is most over one of its limits, in proportion; the first of equals. Null if none is. */
export function decideRecycling<Id>(
  workers: readonly RecyclingCandidate<Id>[],
  limits: RecyclingLimits,
): DueForRecycling<Id> | null {
  let most: DueForRecycling<Id> | null = null;
  for (const worker of workers) {
    for (const due of limitsReached(worker, limits)) {
      if (most === null || due.value / due.limit > most.value / most.limit) most = due;
    }
  }
  return most;
}

/** Every limit the worker has reached. */
function limitsReached<Id>(
  { id, requests, age, memory, jitterShare }: RecyclingCandidate<Id>,
  limits: RecyclingLimits,
): DueForRecycling<Id>[] {
  const measures: [RecycleReason, number | null, number, number][] = [
    ["max-requests", requests, limits.maxRequests, limits.maxRequestsJitter],
    ["max-lifetime", age, limits.maxLifetime, limits.maxLifetimeJitter],
    ["max-memory", memory, limits.maxMemory, limits.maxMemoryJitter],
  ];
  return measures.flatMap(([because, value, base, jitter]) => {
    const limit = base + Math.floor(jitter * jitterShare);
    return base > 0 && value !== null && value >= limit ? [{ id, because, value, limit }] : [];
  });
}
