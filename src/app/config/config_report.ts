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

/** The report on the default export. Throws what reading it throws: a property may be a function in disguise, and all of it a Proxy. */
export function reportOf(exported: unknown): ConfigReport {
  const record = asRecord(exported);
  if (record === undefined) {
    return { failure: `found ${kindOf(exported)}: write \`export default defineConfig({ … })\`` };
  }
  return {
    settings: Object.entries(record).map(([key, value]) => {
      if (value === undefined) return { key };
      const copied = copyOf(value, []);
      return "notJson" in copied ? { key, notJson: copied.notJson } : { key, value: copied.value };
    }),
  };
}

function kindOf(value: unknown): string {
  if (value === undefined) return "no default export";
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}

/** `notJson` says why JSON cannot hold the value: "a function", or "a function in A" for a part of it. */
type Copied = { readonly value: unknown } | { readonly notJson: string };

/** A copy that is only data: what is read a second time could be something else. */
function copyOf(value: unknown, containers: readonly object[]): Copied {
  if (value === null || typeof value === "string" || typeof value === "boolean") return { value };
  if (typeof value === "number") return Number.isFinite(value) ? { value } : { notJson: String(value) };
  if (typeof value !== "object") return { notJson: value === undefined ? "undefined" : `a ${typeof value}` };
  if (containers.includes(value)) return { notJson: "an object that contains itself" };
  const isArray = Array.isArray(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!isArray && prototype !== null && prototype !== Object.prototype) {
    return { notJson: `an object of the class ${String(value.constructor?.name)}` };
  }
  const copies: [key: string, value: unknown][] = [];
  const parts: [key: string, part: unknown][] = isArray
    ? Array.from(value, (part, index) => [String(index), part])
    : Object.entries(value);
  for (const [key, part] of parts) {
    const copied = copyOf(part, [...containers, value]);
    if ("notJson" in copied) return { notJson: `${copied.notJson} in ${key}` };
    copies.push([key, copied.value]);
  }
  return { value: isArray ? copies.map(([, copy]) => copy) : Object.fromEntries(copies) };
}
