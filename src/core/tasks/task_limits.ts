/** What a task may be given besides its payload: the bounds of all stores. */

/** That of BullMQ, 2^21 - 1. */
export const lowestPriority = 2_097_151;

export const mostRetries = 100;

/** Milliseconds in which a worker that must end gives back what it runs, and in which it closes the store. */
export const giveBackTime = 1_000;

/** In milliseconds; the longest time that a timer of the runtime can wait. */
export const longestTimer = 2_147_483_647;

/** In characters. */
export const longestKey = 200;
