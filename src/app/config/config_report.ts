/**
 * What the process that evaluates a config file hands to the one that reads it. A file carries it, so that the
 * config may print to the standard streams.
 */

import { asRecord } from "../jsonc.ts";

/** Starts this program as that process; the private directory and the path of the config file follow. */
export const configProcessArgument = "--read-config";

export function bundleIn(directory: string): string {
  return `${directory}/config.mjs`;
}

export function reportIn(directory: string): string {
  return `${directory}/report.json`;
}

export type ConfigReport =
  | { readonly settings: readonly ReportedSetting[] }
  /** `place` is a file with line and column; without it the config file itself. */
  | { readonly failure: string; readonly place?: string };

/** One property of the exported object. A property whose value is `undefined` has no `value`. */
interface ReportedSetting {
  readonly key: string;
  readonly value?: unknown;
  /** Describes a value that JSON cannot hold. */
  readonly notJson?: string;
}

/** How long a config file may take to load, in ms. */
export const longestLoad = 10_000;

export const notLoaded = `not loaded after ${
  longestLoad / 1000
} s: look for a loop or an await that never ends`;

/** The report on the default export. */
export function reportOf(exported: unknown): ConfigReport {
  const record = asRecord(exported);
  if (record === undefined) {
    return { failure: `found ${kindOf(exported)}: write \`export default defineConfig({ … })\`` };
  }
  return {
    settings: Object.entries(record).map(([key, value]) => {
      const notJson = value === undefined ? undefined : obstacle(value, []);
      return notJson === undefined ? { key, value } : { key, notJson };
    }),
  };
}

function kindOf(value: unknown): string {
  if (value === undefined) return "no default export";
  return Array.isArray(value) ? "an array" : typeof value;
}

/** Why JSON cannot hold `value`: "a function", or "a function in A" for a part of it. */
function obstacle(value: unknown, containers: readonly object[]): string | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : String(value);
  if (typeof value !== "object") return value === undefined ? "undefined" : `a ${typeof value}`;
  if (containers.includes(value)) return "an object that contains itself";
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== null && prototype !== Object.prototype) {
    return `an object of the class ${value.constructor.name}`;
  }
  for (const [key, part] of Object.entries(value)) {
    const found = obstacle(part, [...containers, value]);
    if (found !== undefined) return `${found} in ${key}`;
  }
  return undefined;
}
