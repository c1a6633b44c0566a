/** Who asks, and how often. */

import { exponential } from "./random.ts";

export type Arrivals =
  /** So many clients at a moment, each of whom asks again as soon as it has its answer. */
  | { readonly type: "clients"; readonly count: (now: number) => number }
  /** Strangers, so many each second at a moment, whatever becomes of their requests. */
  | { readonly type: "strangers"; readonly perSecond: (now: number) => number };

/** From `from` on `high`, and `low` before and after `to`. Times are in seconds. */
export function step(low: number, high: number, from: number, to = Infinity): (now: number) => number {
  return (now) => now >= from * 1000 && now < to * 1000 ? high : low;
}

/** From `low` at `from` to `high` at `to`. */
export function ramp(low: number, high: number, from: number, to: number): (now: number) => number {
  return (now) => low + (high - low) * Math.min(1, Math.max(0, (now / 1000 - from) / (to - from)));
}

/** Up and down once in `period` seconds, as between night and noon. */
export function day(low: number, high: number, period: number): (now: number) => number {
  return (now) => low + (high - low) * (1 - Math.cos(2 * Math.PI * now / 1000 / period)) / 2;
}

/** `high` for `on` seconds, then `low` for `off`. */
export function onOff(low: number, high: number, on: number, off: number): (now: number) => number {
  return (now) => now / 1000 % (on + off) < on ? high : low;
}

/** The time until the next stranger: of those at the highest rate, some are passed over. */
export function nextStranger(
  random: () => number,
  perSecond: (now: number) => number,
  most: number,
  now: number,
): number {
  let at = now;
  do at += exponential(random, most); while (random() * most > perSecond(at));
  return at - now;
}
