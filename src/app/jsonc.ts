/** JSON as Deno's own files have it: comments and trailing commas allowed. */

/** A comma that only white space and comments separate from the closing bracket, and what may stand before. */
const token = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,(?=(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*[\]}])/g;

/** Parses `text`; positions in the SyntaxError of a bad text are those of the text as given. */
export function parseJsonc(text: string): unknown {
  const plain = text.replace(/^\uFEFF/, " ").replace(
    token,
    (found) => found.startsWith('"') ? found : found.replace(/[^\n]/g, " "),
  );
  return JSON.parse(plain);
}

/** Line and column, from 1, of the fault that a SyntaxError of `JSON.parse` describes. */
export function jsonFault(text: string, error: unknown): { line: number; column: number; reason: string } {
  const message = error instanceof Error ? error.message : String(error);
  // V8: "Expected ',' or '}' after property value in JSON at position 12 (line 2 column 3)"; when the text
  // ends too early it gives no position.
  const position = /at position (\d+)/.exec(message)?.[1];
  const before = text.slice(0, position === undefined ? text.length : Number(position));
  return {
    line: before.split("\n").length,
    column: before.length - before.lastIndexOf("\n"),
    reason: message.replace(/ (in JSON )?at position.*$/, "").replace(/, ".*" is not valid JSON$/s, ""),
  };
}

/** A record, or `undefined` for everything else that JSON can hold. */
export function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined;
}
