/**
 * The stabilization window: how long fewer workers must have been enough before one is removed. It is `idle-timeout`,
 * doubled each time a worker has to be added again soon after one was removed (a flap). The number of flaps decays
 * as in `core/pool/backoff.ts`.
 */

export interface Stabilization {
  /** Flaps, decayed up to the time `at`. */
  readonly flaps: number;
  readonly at: number;
  /** When a worker was last removed; `null` if none was, or if a worker has been added since. */
  readonly loweredAt: number | null;
}

export const initialStabilization: Stabilization = { flaps: 0, at: 0, loweredAt: null };

/** In stabilization windows. */
const flapWithin = 6;
/** In idle timeouts. */
const halfLife = 30;
const maxDoublings = 5;

/** The window at `now`, in milliseconds. */
export function stabilizationWindowAt(
  stabilization: Stabilization,
  idleTimeout: number,
  now: number,
): number {
  return idleTimeout * 2 ** Math.min(flapsAt(stabilization, idleTimeout, now), maxDoublings);
}

/** Records that a worker is removed. */
export function lowered(stabilization: Stabilization, now: number): Stabilization {
  return { ...stabilization, loweredAt: now };
}

/** Records that a worker is added. Only the first one added after a removal counts as a flap. */
export function raised(stabilization: Stabilization, idleTimeout: number, now: number): Stabilization {
  const { loweredAt } = stabilization;
  if (
    loweredAt === null ||
    now - loweredAt > flapWithin * stabilizationWindowAt(stabilization, idleTimeout, now)
  ) {
    return { ...stabilization, loweredAt: null };
  }
  return { flaps: flapsAt(stabilization, idleTimeout, now) + 1, at: now, loweredAt: null };
}

function flapsAt({ flaps, at }: Stabilization, idleTimeout: number, now: number): number {
  return flaps * 0.5 ** ((now - at) / (halfLife * idleTimeout));
}
