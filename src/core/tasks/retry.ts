/**
 * When a task that failed is tried again: the delay doubles with each attempt. A part of it is random, so that tasks that
 * failed together do not come back together.
 *
 * The formula is that of BullMQ's built-in `exponential` strategy (taskforcesh/bullmq, `src/classes/backoffs.ts`), so that
 * both stores behave alike.
 */

/** The part of the delay that is random. */
export const jitter = 0.5;

/**
 * In milliseconds: 30 days. After a hundred attempts a delay of 1 s would have grown to 10^19 years, a time that no store
 * can hold: the end of such an attempt could not be stored.
 */
export const longestDelay = 30 * 86_400_000;

/** Milliseconds until the next attempt, after `attempt` attempts (from 1). `random` is in [0, 1). */
export function retryDelay(attempt: number, backoff: number, random: number): number {
  const longest = Math.min(2 ** (attempt - 1) * backoff, longestDelay);
  const shortest = longest * (1 - jitter);
  return Math.floor(shortest + random * longest * jitter);
}
