import type { Kind } from "./kind.ts";

/** Milliseconds in each unit; a number without a unit is seconds, as in Gunicorn. */
const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
type Unit = keyof typeof units;

interface DurationOptions {
  /** Milliseconds. */
  readonly from: number;
  readonly to: number;
  /** The meaning of 0, if it is allowed in addition to the range: "to turn it off". */
  readonly zero?: string;
}

type DurationConfig = number | `${number}` | `${number}${Unit}`;
const durationType = `number | ${
  ["", ...Object.keys(units)].map((unit) => `\`\${number}${unit}\``).join(" | ")
}`;

/** A duration, in milliseconds; written as `30` (seconds), `500ms`, `1.5s`, `2m` or `1h`. */
export function duration({ from, to, zero }: DurationOptions): Kind<number, DurationConfig> {
  const range = `a duration from ${showDuration(from)} to ${
    showDuration(to)
  }, such as 30 (seconds), 500ms or 2m`;
  return {
    accepts: zero === undefined ? range : `${range}, or 0 ${zero}`,
    type: durationType,
    placeholder: "TIME",
    parse(given) {
      const value = parseDuration(String(given));
      if (value === undefined) return undefined;
      return (value >= from && value <= to) || (value === 0 && zero !== undefined) ? value : undefined;
    },
    show: showDuration,
    plain: (value) => value / units.s,
  };
}

/** Milliseconds, or `undefined` when `text` is not a duration or has a fraction of a millisecond. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = "s"] = /^(\d{1,12}(?:\.\d{1,9})?)(ms|s|m|h)?$/.exec(text) ?? [];
  if (amount === undefined) return undefined;
  const value = Number(amount) * units[unit as Unit];
  const whole = Math.round(value);
  // 1.001 * 1000 is 1000.9999999999999: such a small difference is a rounding error.
  return Math.abs(value - whole) < 1e-5 ? whole : undefined;
}

/** In seconds, unless it is less than one second or whole hours: so durations are easy to compare. */
export function showDuration(milliseconds: number): string {
  if (milliseconds === 0) return "0";
  if (milliseconds < units.s) return `${milliseconds}ms`;
  return milliseconds % units.h === 0 ? `${milliseconds / units.h}h` : `${milliseconds / units.s}s`;
}
