/** The lines of a chart as SVG paths. */

export interface Point {
  readonly at: number;
  readonly value: number | null;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** The moment at the right edge. */
  readonly until: number;
  /** Milliseconds from the left edge to the right. */
  readonly span: number;
  /** The value at the upper edge. */
  readonly top: number;
}

/** Where nothing was heard for so many milliseconds, the line has a gap. */
const longestStep = 3_500;

/** The path of a line. A point next to which there is no other is drawn as a dot: a stroke of no length. */
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
    const isJoined = last !== null && at - last.at <= longestStep;
    parts.push(isJoined ? `L${x} ${y}` : `M${x} ${y}h0`);
    last = point;
  }
  return parts.join("");
}

/** The smallest of `least` and 1, 2, 5, 10, 20, 50, … that none of the values exceeds: a chart rarely rescales. */
export function topOf(values: readonly (number | null)[], least: number): number {
  const greatest = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  if (greatest <= least) return least;
  const decade = 10 ** Math.floor(Math.log10(greatest));
  return [1, 2, 5, 10].map((step) => step * decade).find((top) => top >= greatest) ?? 10 * decade;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
