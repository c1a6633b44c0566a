/**
 * How long calm must last before a worker goes: the `idle-timeout`, doubled each time a worker was missed soon
 * after another had gone. Calm forgives it, as in `core/pool/backoff.ts`.
 */

export interface Stabilization {
  /** Workers that were missed, decayed to the moment `at`. */
  readonly flaps: number;
  readonly at: number;
  /** When the last worker was sent away. */
  readonly loweredAt: number | null;
}

export const initialStabilization: Stabilization = { flaps: 0, at: 0, loweredAt: null };

// In units of the idle timeout.
const missedWithin = 6;
const halfLife = 30;
const mostDoublings = 5;

/** How long calm must last at `now`, in milliseconds. */
export function stabilizationWindowAt(
  stabilization: Stabilization,
  idleTimeout: number,
  now: number,
): number {
  return idleTimeout * 2 ** Math.min(flapsAt(stabilization, idleTimeout, now), mostDoublings);
}

/** A worker is sent away. */
export function lowered(stabilization: Stabilization, now: number): Stabilization {
  return { ...stabilization, loweredAt: now };
}

/** A worker is added. Only the first one that is missed after one went counts. */
export function raised(stabilization: Stabilization, idleTimeout: number, now: number): Stabilization {
  const { loweredAt } = stabilization;
  if (
    loweredAt === null ||
    now - loweredAt > missedWithin * stabilizationWindowAt(stabilization, idleTimeout, now)
  ) {
    return { ...stabilization, loweredAt: null };
  }
  return { flaps: flapsAt(stabilization, idleTimeout, now) + 1, at: now, loweredAt: null };
}

function flapsAt({ flaps, at }: Stabilization, idleTimeout: number, now: number): number {
  return flaps * 0.5 ** ((now - at) / (halfLife * idleTimeout));
}
