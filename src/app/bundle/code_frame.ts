/** A line of source with a caret under the column at fault. */

/** Longer lines are minified code; a window around the fault says more than the wrapped whole. */
const maxWidth = 100;

export interface SourceLocation {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  readonly lineText: string;
}

export function codeFrame({ line, column, lineText }: SourceLocation): string {
  const start = column <= maxWidth ? 0 : column - Math.floor(maxWidth / 2);
  const before = start > 0 ? "…" : "";
  const after = start + maxWidth < lineText.length ? "…" : "";
  const shown = before + lineText.slice(start, start + maxWidth).replaceAll("\t", " ").trimEnd() + after;
  const gutter = String(line);
  const caret = " ".repeat(before.length + column - 1 - start) + "^";
  return `  ${gutter} | ${shown}\n  ${" ".repeat(gutter.length)} | ${caret}`;
}
