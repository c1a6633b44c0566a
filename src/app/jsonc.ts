/**
 * JSON with comments and trailing commas, as in deno.json. `JSON.parse` does the work: its errors say what was
 * expected, which those of deno-std/jsonc do not.
 */

const comment = /\/\/[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\//;

/** A string, a comment, or a comma before a closing bracket. */
const token = new RegExp(
  `"(?:[^"\\\\]|\\\\.)*"|${comment.source}|,(?=(?:\\s|${comment.source})*[\\]}])`,
  "g",
);

/** Parses `text`. Throws SyntaxError with positions in `text`. */
export function parseJsonc(text: string): unknown {
  const plain = text.replace(/^\uFEFF/, " ").replace(
    token,
    (found) => found.startsWith('"') ? found : found.replace(/[^\n]/g, " "),
  );
  return JSON.parse(plain);
}

/** A SyntaxError of `JSON.parse`, as it follows the name of the file: `:2:7: Expected …` or `: Unexpected …`. */
export function jsonFault(text: string, error: SyntaxError): string {
  // "Expected ',' or '}' after property value in JSON at position 12 (line 2 column 3)", or the text around it.
  const [, reason, position] = /^(.*?) in JSON at position (\d+)/.exec(error.message) ?? [];
  if (reason === undefined) return `: ${error.message.replaceAll(/\s+/g, " ")}`;
  const before = text.slice(0, Number(position));
  return `:${before.split("\n").length}:${before.length - before.lastIndexOf("\n")}: ${reason}`;
}

/** `value` as a record; `undefined` when it is not an object. */
export function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined;
}
