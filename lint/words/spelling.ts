import dictionary from "dictionary-en-gb";
// @ts-types="../../types/nspell.d.ts"
import nspell from "nspell";
import { lineOf, wordsOf } from "./split.ts";

/** Shorter ones are abbreviations and units more often than words. */
const shortest = 4;

/** `file:line: word: …` for each word that is neither in the dictionary nor one of ours, once per file. */
export class Spelling {
  readonly #speller = nspell(dictionary);
  readonly #ours: ReadonlySet<string>;
  /** Looking a word up costs more than all else, and a thousand words make most of the text. */
  readonly #judged = new Map<string, boolean>();

  /** `ours` has a word per line; what follows # is a remark. */
  constructor(ours: string) {
    this.#ours = new Set(ours.replace(/#.*/g, "").split(/\s+/));
  }

  findMistakes(path: string, text: string): string[] {
    const firsts = new Map<string, number>();
    for (const { text: word, start } of wordsOf(text)) {
      if (!firsts.has(word) && !this.#isKnown(word)) firsts.set(word, start);
    }
    return [...firsts].map(([word, start]) =>
      `${path}:${
        lineOf(text, start)
      }: ${word}: write it as the dictionary has it, or add it to lint/words/known.txt`
    );
  }

  #isKnown(word: string): boolean {
    if (word.length < shortest) return true;
    const judged = this.#judged.get(word);
    if (judged !== undefined) return judged;
    const small = word.toLowerCase();
    const known = this.#ours.has(small) || this.#speller.correct(word) || this.#speller.correct(small) ||
      this.#speller.correct(small.charAt(0).toUpperCase() + small.slice(1));
    this.#judged.set(word, known);
    return known;
  }
}
