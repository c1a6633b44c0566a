/** Makes lines of what an app prints, and knows which of them say their level themselves. */

/** Characters of a line, at most: what is longer becomes several. */
const longest = 65_536;

/** Whole lines of pieces of text. */
export class OutputLines {
  readonly #onLine: (line: string) => void;
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  add(text: string): void {
    const lines = (this.#rest + text).split("\n");
    let rest = lines.pop()!;
    for (const line of lines) this.#pass(line);
    for (; rest.length > longest; rest = rest.slice(longest)) this.#onLine(rest.slice(0, longest));
    this.#rest = rest;
  }

  /** Nothing more comes. */
  end(): void {
    const rest = this.#rest;
    this.#rest = "";
    if (rest !== "") this.#onLine(rest);
  }

  #pass(line: string): void {
    const whole = line.endsWith("\r") ? line.slice(0, -1) : line;
    for (let start = 0; start < Math.max(1, whole.length); start += longest) {
      this.#onLine(whole.slice(start, start + longest));
    }
  }
}

export type OutputLevel = "debug" | "info" | "warning" | "error";

/** Objects and arrays within each other, at most: what is nested a few times deeper can be read, but not written again. */
const deepest = 1_000;

/** The object that a line of JSON is, as libraries for logs print it; `null` for any other line. */
export function objectIn(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith("{") || !line.endsWith("}")) return null;
  try {
    const value: unknown = JSON.parse(line);
    if (line.length > 2 * deepest && depthOf(line) > deepest) return null;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
}

/** Of what is JSON: of other texts it takes a time that is the square of their length. */
function depthOf(line: string): number {
  let deepest = 0;
  let depth = 0;
  for (const [found] of line.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (found === "[" || found === "{") deepest = Math.max(deepest, ++depth);
    else if (found === "]" || found === "}") depth--;
  }
  return deepest;
}

const levels: Readonly<Record<string, OutputLevel>> = {
  trace: "debug",
  debug: "debug",
  info: "info",
  notice: "info",
  warn: "warning",
  warning: "warning",
  error: "error",
  err: "error",
  fatal: "error",
  critical: "error",
};

/** The level that an object names, by a word or by a number as pino and bunyan do; `undefined` if it names none. */
export function levelIn({ level }: Readonly<Record<string, unknown>>): OutputLevel | undefined {
  if (typeof level === "number") {
    return level >= 50 ? "error" : level >= 40 ? "warning" : level >= 30 ? "info" : "debug";
  }
  const name = typeof level === "string" ? level.toLowerCase() : "";
  return Object.hasOwn(levels, name) ? levels[name] : undefined;
}
