/** The keys in what a terminal sends: an arrow is an escape sequence of several characters. */

/** A sequence of CSI or SS3, or one character. */
// deno-lint-ignore no-control-regex -- They begin with ESC.
const key = /\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])|[^]/gu;

/** Each key as it was sent: `q`, `\x03` for Ctrl-C, `\x1b[A` for an arrow, `\x1b` for Escape. */
export function keysIn(text: string): string[] {
  return text.match(key) ?? [];
}
