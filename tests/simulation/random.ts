/** A seeded pseudo-random generator (mulberry32); numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The time between two events of a Poisson process, in milliseconds. */
export function exponential(random: () => number, perSecond: number): number {
  return perSecond <= 0 ? Infinity : -Math.log(1 - random()) * 1000 / perSecond;
}
