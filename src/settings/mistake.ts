/** Errors about settings: one line with the name, the value, its origin and what is accepted. */

import { printable } from "../core/printable.ts";
import { DenicornError } from "../core/errors.ts";
import { NotJson } from "./not_json.ts";
import type { Origin } from "./values.ts";

/**
 * `workers: "many" (env WEB_CONCURRENCY) is not accepted: give a whole number from 1 to 1024, or auto`. `objection` takes
 * the place of what is accepted.
 */
export function notAccepted(
  name: string,
  given: unknown,
  origin: Origin,
  accepts: string,
  objection = `give ${accepts}`,
): DenicornError {
  return new DenicornError(
    "setting-invalid",
    `${name}: ${quote(given)} (${origin}) is not accepted: ${objection}`,
  );
}

/** `--wrokers (command line) is unknown: did you mean --workers?` Without a guess it ends in `otherwise`. */
export function unknownName(
  name: string,
  origin: Origin,
  guess: string | undefined,
  otherwise: string,
): DenicornError {
  const help = guess === undefined ? otherwise : `did you mean ${guess}?`;
  return new DenicornError("setting-unknown", `${printable(name)} (${origin}) is unknown: ${help}`);
}

const longest = 80;

/** Any value on one short line, so that messages stay readable. */
export function quote(given: unknown): string {
  const text = printable(spell(given));
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

function spell(given: unknown): string {
  if (given instanceof NotJson) return given.description;
  if (typeof given === "function") return "a function";
  if (typeof given !== "string" && typeof given !== "object") return String(given);
  try {
    return JSON.stringify(given);
  } catch {
    return "an object";
  }
}
