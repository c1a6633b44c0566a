/**
 * How long calm must last before a worker goes: the `idle-timeout`, doubled each time a worker was missed soon
 * after another had gone. Calm forgives it, as in `core/backoff.ts`.
 */

export interface Patience {
  /** Workers that were missed, decayed to the moment `at`. */
  readonly flaps: number;
  readonly at: number;
  /** When the last worker was sent away. */
  readonly loweredAt: number | null;
}

export const fresh: Patience = { flaps: 0, at: 0, loweredAt: null };

// In units of the idle timeout.
const missedWithin = 6;
const halfLife = 30;
const mostDoublings = 5;

/** How long calm must last at `now`, in milliseconds. */
export function patienceAt(patience: Patience, idleTimeout: number, now: number): number {
  return idleTimeout * 2 ** Math.min(flapsAt(patience, idleTimeout, now), mostDoublings);
}

/** A worker is sent away. */
export function lowered(patience: Patience, now: number): Patience {
  return { ...patience, loweredAt: now };
}

/** A worker is added. Only the first one that is missed after one went counts. */
export function raised(patience: Patience, idleTimeout: number, now: number): Patience {
  const { loweredAt } = patience;
  if (loweredAt === null || now - loweredAt > missedWithin * patienceAt(patience, idleTimeout, now)) {
    return { ...patience, loweredAt: null };
  }
  return { flaps: flapsAt(patience, idleTimeout, now) + 1, at: now, loweredAt: null };
}

function flapsAt({ flaps, at }: Patience, idleTimeout: number, now: number): number {
  return flaps * 0.5 ** ((now - at) / (halfLife * idleTimeout));
}
