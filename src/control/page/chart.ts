/** The lines of a chart as SVG paths. */

import type { LifecycleEvent, LifecycleKind } from "../../core/telemetry/lifecycle.ts";
import { nearSpan } from "./timeline.ts";

interface Point {
  readonly at: number;
  readonly value: number | null;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  /** The time at the right edge. */
  readonly until: number;
  /** Milliseconds from the left edge to the right. */
  readonly span: number;
  /** The value at the upper edge. */
  readonly top: number;
}

/**
 * The line has a gap if there was no sample for this long, in milliseconds: the first where there is one per second, the
 * second before that.
 */
const longestSteps = [3_500, 15_000] as const;

/** The path of a line. An isolated point is drawn as a dot: a stroke of length 0. */
export function linePath(points: readonly Point[], { width, height, until, span, top }: Frame): string {
  const parts: string[] = [];
  let last: Point | null = null;
  for (const point of points) {
    const { at, value } = point;
    if (value === null) {
      last = null;
      continue;
    }
    const x = tenth(width * (1 - (until - at) / span));
    const y = tenth(height * (1 - Math.min(1, value / top)));
    const longest = last !== null && until - last.at >= nearSpan ? longestSteps[1] : longestSteps[0];
    const isJoined = last !== null && at - last.at <= longest;
    parts.push(isJoined ? `L${x} ${y}` : `M${x} ${y}h0`);
    last = point;
  }
  return parts.join("");
}

/** What is marked on the time axis, in the order of the legend. */
export const marks = {
  reload: ["reload-complete", "reload-failed", "upgraded", "upgrade-failed", "took-over"],
  scaling: ["scaled"],
  death: ["worker-died", "spawn-failed"],
} as const satisfies Readonly<Record<string, readonly LifecycleKind[]>>;

/** Vertical lines where events of these kinds happened. */
export function marksPath(
  events: readonly Pick<LifecycleEvent, "at" | "kind">[],
  kinds: readonly LifecycleKind[],
  { width, height, until, span }: Omit<Frame, "top">,
): string {
  return events
    .filter(({ at, kind }) => kinds.includes(kind) && at > until - span && at <= until)
    .map(({ at }) => `M${tenth(width * (1 - (until - at) / span))} 0v${height}`)
    .join("");
}

/** The sample nearest to a time; null without samples. */
export function nearest<One extends { readonly at: number }>(
  samples: readonly One[],
  at: number,
): One | null {
  return samples.reduce<One | null>(
    (best, one) => best === null || Math.abs(one.at - at) < Math.abs(best.at - at) ? one : best,
    null,
  );
}

/** The smallest of `least` and 1, 2, 5, 10, 20, 50, … that no value exceeds, so that a chart rarely rescales. */
export function topOf(values: readonly (number | null)[], least: number): number {
  const greatest = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  if (greatest <= least) return least;
  const decade = 10 ** Math.floor(Math.log10(greatest));
  return [1, 2, 5, 10].map((step) => step * decade).find((top) => top >= greatest) ?? 10 * decade;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
