/** Medians, spreads and ratios, and whether a difference is more than noise. */

/** Units are in `figures`. */
export interface Sample {
  readonly rate?: number;
  readonly cpu?: number;
  readonly p50?: number;
  readonly p90?: number;
  readonly p99?: number;
  readonly p999?: number;
  readonly private?: number;
  readonly pss?: number;
  readonly boot?: number;
  readonly idle?: number;
  readonly reload?: number;
  readonly recovery?: number;
  readonly lost?: number;
}

export type Figure = keyof Sample;

interface FigureInfo {
  readonly title: string;
  /** The head of a column. */
  readonly short: string;
  readonly unit: string;
  readonly digits: number;
  readonly better: "more" | "less";
}

const less = "less" as const;
export const figures: Readonly<Record<Figure, FigureInfo>> = {
  rate: { title: "requests per second", short: "req/s", unit: "req/s", digits: 0, better: "more" },
  cpu: { title: "CPU per request", short: "CPU µs", unit: "µs", digits: 2, better: less },
  p50: { title: "p50", short: "p50 ms", unit: "ms", digits: 2, better: less },
  p90: { title: "p90", short: "p90 ms", unit: "ms", digits: 2, better: less },
  p99: { title: "p99", short: "p99 ms", unit: "ms", digits: 2, better: less },
  p999: { title: "p99.9", short: "p99.9 ms", unit: "ms", digits: 2, better: less },
  private: { title: "private memory per worker", short: "own MB", unit: "MB", digits: 1, better: less },
  pss: { title: "memory of all processes", short: "PSS MB", unit: "MB", digits: 1, better: less },
  boot: { title: "first answer", short: "first answer ms", unit: "ms", digits: 1, better: less },
  idle: {
    title: "master's CPU when idle",
    short: "master CPU %",
    unit: "% of a core",
    digits: 2,
    better: less,
  },
  reload: {
    title: "until only new workers are left",
    short: "reload ms",
    unit: "ms",
    digits: 0,
    better: less,
  },
  recovery: { title: "until the next answer", short: "recovery ms", unit: "ms", digits: 0, better: less },
  lost: { title: "requests without an answer", short: "lost", unit: "", digits: 0, better: less },
};

/** The median and the range of one figure over all rounds. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly rounds: number;
}

/** With fewer rounds, agreement says nothing. */
export const enoughRounds = 3;

/** `undefined` without values. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [least, upper, most] = [sorted[0], sorted[middle], sorted.at(-1)];
  if (least === undefined || upper === undefined || most === undefined) return undefined;
  const median = sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2;
  return { median, least, most, rounds: sorted.length };
}

export function valuesOf(samples: readonly Sample[], figure: Figure): readonly number[] {
  return samples.map((sample) => sample[figure]).filter((value) => value !== undefined);
}

/** The ratio in each round: what slows a whole round cancels out. */
export function ratioOf(
  own: readonly Sample[],
  other: readonly Sample[],
  figure: Figure,
): Spread | undefined {
  const [values, references] = [valuesOf(own, figure), valuesOf(other, figure)];
  const rounds = Math.min(values.length, references.length);
  return spreadOf(values.slice(0, rounds).map((value, round) => value / references[round]!));
}

export type Verdict = "better" | "worse" | "within the noise";

/** A difference counts only if each round agrees: by chance, five rounds do so once in sixteen times. */
export function verdictOf({ least, most, rounds }: Spread, figure: Figure): Verdict {
  const isMore = least > 1;
  if (rounds < enoughRounds || (!isMore && most >= 1)) return "within the noise";
  return isMore === (figures[figure].better === "more") ? "better" : "worse";
}

export function formatted(value: number, figure: Figure): string {
  return value.toLocaleString("en", {
    minimumFractionDigits: figures[figure].digits,
    maximumFractionDigits: figures[figure].digits,
  });
}
