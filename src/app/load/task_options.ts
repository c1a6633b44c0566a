/** How a task is run, as an app writes it: in the definition of the task, or when one is added. */

import { longestTimer, lowestPriority, mostRetries } from "../../core/tasks/task_limits.ts";
import { nearest } from "../../settings/nearest.ts";

export interface RunOptions {
  /** How often it is tried again after a failure. */
  readonly retries: number;
  /** Milliseconds until the first retry. */
  readonly backoff: number;
  /** Tasks with smaller numbers run first. */
  readonly priority: number;
  /** Milliseconds for each attempt; 0 for no limit. */
  readonly timeout: number;
}

const defaults: RunOptions = { retries: 3, backoff: 1_000, priority: 0, timeout: 0 };

const runOptionKeys = Object.keys(defaults) as readonly (keyof RunOptions)[];

/** The keys of what `given` may have besides options for the run; each with what it accepts. */
export type OtherOptions = Readonly<Record<string, OptionRule>>;

interface OptionRule {
  readonly accepts: string;
  readonly fits: (value: unknown) => boolean;
}

const rules: Readonly<Record<keyof RunOptions, OptionRule>> = {
  retries: wholeNumber(mostRetries),
  backoff: milliseconds(longestTimer),
  priority: wholeNumber(lowestPriority),
  timeout: milliseconds(longestTimer),
};

function wholeNumber(to: number): OptionRule {
  return {
    accepts: `a whole number from 0 to ${to}`,
    fits: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= to,
  };
}

export function milliseconds(to: number): OptionRule {
  return {
    accepts: `a number of milliseconds from 0 to ${to}`,
    fits: (value) => typeof value === "number" && value >= 0 && value <= to,
  };
}

/** Why these options cannot be used; `undefined` if they can. What is undefined counts as not given. */
export function mistakeIn(
  given: Readonly<Record<string, unknown>>,
  others: OtherOptions,
): string | undefined {
  const known: Readonly<Record<string, OptionRule>> = { ...others, ...rules };
  for (const [key, value] of Object.entries(given)) {
    const rule = Object.hasOwn(known, key) ? known[key] : undefined;
    if (rule === undefined) return unknownKey(key, Object.keys(known));
    if (value !== undefined && !rule.fits(value)) {
      return `${key} is ${described(value)}: it is ${rule.accepts}`;
    }
  }
  return undefined;
}

/** What `given` says, else what `otherwise` says. Without mistakes in `given`. */
export function runOptionsIn(
  given: Readonly<Record<string, unknown>>,
  otherwise: RunOptions = defaults,
): RunOptions {
  const { retries, backoff, priority, timeout } = Object.fromEntries(
    runOptionKeys.map((key) => [key, Math.round(Number(given[key] ?? otherwise[key]))]),
  ) as Record<keyof RunOptions, number>;
  return { retries, backoff, priority, timeout };
}

function unknownKey(key: string, known: readonly string[]): string {
  const similar = nearest(key, known);
  const hint = similar === undefined ? `there are ${known.join(", ")}` : `did you mean ${similar}?`;
  return `unknown option "${key}": ${hint}`;
}

/** A value in a few words: `a string`, `an array`, `-1`. */
export function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
