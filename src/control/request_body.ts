/**
 * The JSON bodies of commands. By hand: the two fields there are do not pay for zod, which takes 15 to 20 ms to load,
 * 5 ms for its first schema, and 8 MB of the master's memory.
 */

import { Refusal } from "./master_commands.ts";

/**
 * The JSON object in `text`; an empty body is an empty object. Throws Refusal for anything else, and for a field that
 * is not one of `fields`: a misspelt one would be ignored.
 */
export function readBody(text: string, fields: readonly string[]): Readonly<Record<string, unknown>> {
  const body = readOpenBody(text, fields);
  const unknown = Object.keys(body).find((field) => !fields.includes(field));
  if (unknown !== undefined) {
    throw new Refusal("malformed", `unknown field ${JSON.stringify(unknown)}: give ${describe(fields)}`);
  }
  return body;
}

/** The same for a body from another version of Denicorn: its other fields do not matter. */
export function readOpenBody(text: string, fields: readonly string[]): Readonly<Record<string, unknown>> {
  if (text.trim() === "") return {};
  const body = parse(text);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new Refusal("malformed", `the body is not a JSON object: give ${describe(fields)}`);
  }
  return body as Readonly<Record<string, unknown>>;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(
      "malformed",
      `the body is not JSON (${error instanceof Error ? error.message : error}): give an object`,
    );
  }
}

function describe(fields: readonly string[]): string {
  return fields.length === 0 ? "no body, or {}" : `an object with ${fields.join(", ")}`;
}
