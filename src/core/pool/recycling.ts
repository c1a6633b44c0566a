/**
 * Which worker is due for recycling: after many requests, after a long lifetime, or when it uses much memory. It picks
 * one worker at a time; the master asks again when that one has been replaced.
 */

/** A ready worker with its current readings. */
export interface RecyclingCandidate<Id> {
  readonly id: Id;
  /** Milliseconds since it became ready. */
  readonly age: number;
  readonly requests: number;
  /** Bytes; `null` if unknown. */
  readonly memory: number | null;
  /** In [0, 1), drawn when it is started: its share of every jitter, so that workers are not due all at once. */
  readonly jitterShare: number;
}

/** 0 means no limit. A worker's own limit is the limit plus its share of the jitter, rounded down. */
export interface RecyclingLimits {
  readonly maxRequests: number;
  readonly maxRequestsJitter: number;
  /** In milliseconds. */
  readonly maxLifetime: number;
  readonly maxLifetimeJitter: number;
  /** In bytes. */
  readonly maxMemory: number;
  readonly maxMemoryJitter: number;
}

/** The limits that a worker can reach. */
export type RecyclingLimit = "max-requests" | "max-lifetime" | "max-memory";

/** `requested`: an operator has asked for it. */
export type RecycleReason = RecyclingLimit | "requested";

export interface DueForRecycling<Id> {
  readonly id: Id;
  readonly because: RecyclingLimit;
  readonly value: number;
  /** The worker's own limit, jitter included. */
  readonly limit: number;
}

/** The worker that exceeds one of its limits by the largest factor, the first of equals; `null` if none does. */
export function decideRecycling<Id>(
  workers: readonly RecyclingCandidate<Id>[],
  limits: RecyclingLimits,
): DueForRecycling<Id> | null {
  let worst: DueForRecycling<Id> | null = null;
  for (const worker of workers) {
    for (const due of limitsReached(worker, limits)) {
      if (worst === null || due.value / due.limit > worst.value / worst.limit) worst = due;
    }
  }
  return worst;
}

/** All limits the worker has reached. */
function limitsReached<Id>(
  { id, requests, age, memory, jitterShare }: RecyclingCandidate<Id>,
  limits: RecyclingLimits,
): DueForRecycling<Id>[] {
  const measures: [RecyclingLimit, number | null, number, number][] = [
    ["max-requests", requests, limits.maxRequests, limits.maxRequestsJitter],
    ["max-lifetime", age, limits.maxLifetime, limits.maxLifetimeJitter],
    ["max-memory", memory, limits.maxMemory, limits.maxMemoryJitter],
  ];
  return measures.flatMap(([because, value, base, jitter]) => {
    const limit = base + Math.floor(jitter * jitterShare);
    return base > 0 && value !== null && value >= limit ? [{ id, because, value, limit }] : [];
  });
}
