/** A word in a text. Positions count from 0. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** What looks like words and is none: addresses, numbers in base 16, and escapes in strings and expressions. */
const noWords =
  /\bhttps?:\/\/[^\s"'`)>]+|\b0x[\da-f_]+n?\b|\b(?=[a-f]*\d)[\da-f]{6,}\b|\\(?:x[\da-f]{2}|u[\da-f]{4}|[a-z])/gi;

/** `PIDs`, `HTTP` of HTTPServer, `Server`, `don't`. What follows an apostrophe belongs to the word, but for 's. */
const word = /\p{Lu}{2,}(?=s\b)|\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+(?:['’](?!s\b)\p{Ll}+)?/gu;

/** The words of a text: names in code are split where their case changes, and at digits and underscores. */
export function wordsOf(text: string): Word[] {
  const prose = text.replace(noWords, (found) => " ".repeat(found.length));
  return [...prose.matchAll(word)].map(({ 0: text, index }) => ({
    text,
    start: index,
    end: index + text.length,
  }));
}

/** Counts from 1. */
export function lineOf(text: string, position: number): number {
  return text.slice(0, position).split("\n").length;
}
