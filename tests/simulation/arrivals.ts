/** How requests arrive. */

import { exponential } from "./random.ts";

export type Arrivals =
  /** A closed loop: a number of clients, each of which sends the next request when it has its response. */
  | { readonly type: "closed"; readonly count: (now: number) => number }
  /** An open loop: requests arrive at a rate that does not depend on the responses. */
  | { readonly type: "open"; readonly perSecond: (now: number) => number };

/** `high` from `from` to `to`, `low` before and after. Times are in seconds. */
export function step(low: number, high: number, from: number, to = Infinity): (now: number) => number {
  return (now) => now >= from * 1000 && now < to * 1000 ? high : low;
}

/** Rises from `low` at `from` to `high` at `to`. */
export function ramp(low: number, high: number, from: number, to: number): (now: number) => number {
  return (now) => low + (high - low) * Math.min(1, Math.max(0, (now / 1000 - from) / (to - from)));
}

/** Rises and falls once in `period` seconds, like between night and noon. */
export function day(low: number, high: number, period: number): (now: number) => number {
  return (now) => low + (high - low) * (1 - Math.cos(2 * Math.PI * now / 1000 / period)) / 2;
}

/** `high` for `on` seconds, then `low` for `off`. */
export function onOff(low: number, high: number, on: number, off: number): (now: number) => number {
  return (now) => now / 1000 % (on + off) < on ? high : low;
}

/**
 * The time until the next request, in milliseconds. Arrivals are drawn at the highest rate `most`, and some are dropped
 * to get the current rate.
 */
export function timeToNextArrival(
  random: () => number,
  perSecond: (now: number) => number,
  most: number,
  now: number,
): number {
  let at = now;
  do at += exponential(random, most); while (random() * most > perSecond(at));
  return at - now;
}
