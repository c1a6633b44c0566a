/** How many workers a server starts with, so that its first answer comes soon. */

interface FirstStart {
  /** How many workers there should be. */
  readonly target: number;
  readonly cores: number;
  /** How long the first bundle has been there, in milliseconds; `null` while it is made. */
  readonly bundledFor: number | null;
  /** What a worker is started with depends on the app. */
  readonly needsBundle: boolean;
  /** A worker has been ready. */
  readonly hasServed: boolean;
}

/** An app that takes longer to import (ms) does not keep the other workers from starting. */
const longestLead = 250;

/**
 * While the first bundle is made or looked for, and then while a first worker imports it, the master needs a core for
 * itself: a worker that starts at that time takes from it. On two cores the first answer comes 8 ms later then, of 170.
 */
export function startableAtFirst(
  { target, cores, bundledFor, needsBundle, hasServed }: FirstStart,
): number {
  if (needsBundle && !hasServed && bundledFor === null) return 0;
  const isWaiting = !hasServed && (bundledFor === null || bundledFor < longestLead);
  return isWaiting ? Math.min(target, Math.max(1, cores - 1)) : target;
}
