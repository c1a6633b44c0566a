import { Refusal } from "./commands.ts";

/**
 * The JSON object a command came with; an empty body is an empty object. Throws Refusal for anything else, and
 * for a field that is not one of `fields`: misspelt, it would be ignored.
 */
export function readBody(text: string, fields: readonly string[]): Readonly<Record<string, unknown>> {
  const body = readOpenBody(text, fields);
  const unknown = Object.keys(body).find((field) => !fields.includes(field));
  if (unknown !== undefined) {
    throw new Refusal("malformed", `${JSON.stringify(unknown)} is no field here: give ${describe(fields)}`);
  }
  return body;
}

/** The same from a sender of another version, whose other fields are of no concern. */
export function readOpenBody(text: string, fields: readonly string[]): Readonly<Record<string, unknown>> {
  if (text.trim() === "") return {};
  const body = parse(text);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new Refusal("malformed", `the body is no JSON object: give ${describe(fields)}`);
  }
  return body as Readonly<Record<string, unknown>>;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(
      "malformed",
      `the body is no JSON (${error instanceof Error ? error.message : error}): give an object`,
    );
  }
}

function describe(fields: readonly string[]): string {
  return fields.length === 0 ? "no body, or {}" : `an object with ${fields.join(", ")}`;
}
