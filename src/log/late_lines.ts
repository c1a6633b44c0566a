/**
 * The lines of a log that cannot be written now: they wait, up to a bound, and are written when that is possible again. What
 * comes beyond the bound is dropped and counted.
 */

/** Characters that wait, at most: as many as for the reader of a pipe. */
const limit = 1_048_576;

export class LateLines {
  #text = "";
  #count = 0;
  #dropped = 0;
  #isFull = false;

  /** How many wait, and how many have been dropped. */
  get counts(): { readonly late: number; readonly dropped: number } {
    return { late: this.#count, dropped: this.#dropped };
  }

  /** Complete lines. Once one was dropped, so are those that follow: one gap, at the end. */
  add(text: string): void {
    const count = text.split("\n").length - 1;
    this.#isFull ||= this.#text.length + text.length > limit;
    if (this.#isFull) this.#dropped += count;
    else {
      this.#text += text;
      this.#count += count;
    }
  }

  get text(): string {
    return this.#text;
  }

  /** Of what waits only this is left to be written. */
  leave(text: string): void {
    this.#text = text;
  }
}
