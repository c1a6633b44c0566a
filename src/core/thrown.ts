/**
 * What an app threw, or another value of an app, as text. An app can throw anything: an object without a prototype,
 * a Proxy whose traps throw, an Error whose `stack` is a getter that throws. Nothing here throws.
 */

import { objectText } from "./object_text.ts";

/** An Error as plain values. */
export interface ThrownError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: unknown;
  readonly cause: unknown;
}

const unprintable = "an object that cannot be shown as text";

/** The result of `read`, or `otherwise` if it throws. */
export function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** What the conversion to a string gives for an object that has none of its own. */
const sayingNothing = /\[object [^\]]*\]/;

/** `String(value)`, or what is in an object of which that says nothing. */
export function textOf(value: unknown): string {
  const text = attempt(() => String(value), null);
  if (text !== null && (typeof value !== "object" || !sayingNothing.test(text))) return text;
  return typeof value === "object" && value !== null
    ? attempt(() => objectText(value), unprintable)
    : unprintable;
}

/** `null` for a value that is not an Error. */
export function errorIn(thrown: unknown): ThrownError | null {
  if (!attempt(() => thrown instanceof Error, false)) return null;
  const property = (name: string): unknown => attempt(() => Reflect.get(thrown as Error, name), undefined);
  const text = (name: string, otherwise: string) => {
    const value = property(name);
    return value === undefined ? otherwise : textOf(value);
  };
  const stack = property("stack");
  return {
    name: text("name", "Error"),
    message: text("message", "its message cannot be read"),
    stack: typeof stack === "string" ? stack : undefined,
    code: property("code"),
    cause: property("cause"),
  };
}

/** For a line that would else be only a text: `threw no Error, but { code: 5 }`; `null` for an Error. */
export function foreignTitleOf(thrown: unknown): string | null {
  if (errorIn(thrown) !== null) return null;
  return `threw no Error, but ${typeof thrown === "string" ? JSON.stringify(thrown) : textOf(thrown)}`;
}

/** `TypeError: the message`, or the text of a value that is not an Error. */
export function titleOf(thrown: unknown): string {
  const error = errorIn(thrown);
  return error === null ? textOf(thrown) : `${error.name}: ${error.message}`;
}

/** The message of an Error, or the text of another value. */
export function messageOf(thrown: unknown): string {
  return errorIn(thrown)?.message ?? textOf(thrown);
}

/** The stack of an Error, or the text of another value. */
export function stackOf(thrown: unknown): string {
  return errorIn(thrown)?.stack ?? titleOf(thrown);
}
