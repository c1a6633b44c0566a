/**
 * A line of the terminal that says how far something is and is rewritten, beside lines of the log. It stands at the right
 * edge, with the cursor at the left: workers and what the app prints reach the terminal without the master, and so they
 * begin on this line instead of behind or within it.
 */

const erase = "\x1b[K";
const save = "\x1b7";
const restore = "\x1b8";
/** More columns than a terminal has: the cursor stops at the last one. */
const toRightEdge = "\x1b[999C";

export class ProgressLine {
  #text: string | null = null;

  /** What to write to show `text` in place of what is shown, or nothing any more (`null`). It must be short. */
  show(text: string | null): string {
    if (text === this.#text) return "";
    this.#text = text;
    return erase + this.#drawn;
  }

  /** What to write to add `lines` to the log. */
  around(lines: string): string {
    return this.#text === null ? lines : erase + lines + this.#drawn;
  }

  get #drawn(): string {
    if (this.#text === null) return "";
    return `${save}${toRightEdge}\x1b[${this.#text.length}D${this.#text}${restore}`;
  }
}
