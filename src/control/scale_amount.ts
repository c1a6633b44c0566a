/** What `scale` accepts: a number of workers, or a change of it. */

import { workerBounds } from "../settings/kinds/number.ts";

export type ScaleAmount = { readonly to: number } | { readonly by: number };

/** Completes "give …". */
export const scaleAccepts =
  `a number of workers from ${workerBounds.from} to ${workerBounds.to}, or +N or -N to add or remove some`;

/** Takes `4`, `"4"`, `"+1"`, `"-1"`; `null` for anything else, and for more workers than the server may have. */
export function parseScaleAmount(given: unknown): ScaleAmount | null {
  if (typeof given !== "number" && typeof given !== "string") return null;
  const [, sign, digits] = /^([+-]?)(\d{1,4})$/.exec(String(given)) ?? [];
  if (digits === undefined) return null;
  const count = Number(digits);
  if (sign !== "") {
    // The number -1 would be a target below zero; a change is a string.
    if (typeof given === "number" || count === 0 || count > workerBounds.to) return null;
    return { by: sign === "-" ? -count : count };
  }
  return isTarget(count) ? { to: count } : null;
}

/** True for a number of workers the server may have. */
export function isTarget(count: number): boolean {
  return Number.isInteger(count) && count >= workerBounds.from && count <= workerBounds.to;
}
