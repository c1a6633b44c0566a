/** JSON as Deno's own files have it: comments and trailing commas allowed. */

const comment = /\/\/[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\//;

/** A string, a comment, or a comma that only white space and comments separate from the closing bracket. */
const token = new RegExp(
  `"(?:[^"\\\\]|\\\\.)*"|${comment.source}|,(?=(?:\\s|${comment.source})*[\\]}])`,
  "g",
);

/** Parses `text`; positions in the SyntaxError of a bad text are those of the text as given. */
export function parseJsonc(text: string): unknown {
  const plain = text.replace(/^\uFEFF/, " ").replace(
    token,
    (found) => found.startsWith('"') ? found : found.replace(/[^\n]/g, " "),
  );
  return JSON.parse(plain);
}

/** What a SyntaxError of `JSON.parse` says, to follow the name of the file: `:2:7: Expected …` or `: Unexpected …`. */
export function jsonFault(text: string, error: SyntaxError): string {
  // "Expected ',' or '}' after property value in JSON at position 12 (line 2 column 3)", or the text around it.
  const [, reason, position] = /^(.*?) in JSON at position (\d+)/.exec(error.message) ?? [];
  if (reason === undefined) return `: ${error.message.replaceAll(/\s+/g, " ")}`;
  const before = text.slice(0, Number(position));
  return `:${before.split("\n").length}:${before.length - before.lastIndexOf("\n")}: ${reason}`;
}

/** A record, or `undefined` for everything else that JSON can hold. */
export function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined;
}
