import { accepted, banned } from "./banned.ts";
import { lineOf, type Word, wordsOf } from "./split.ts";

/** Between the words of one phrase: a change of case, blanks, and what a line of a comment or a list begins with. */
const gap = /^[\s*\/#>_-]*$/;

const phrases = new Map(Object.entries(banned).map(([phrase, write]) => [phrase.split(" "), write]));
const exceptions = accepted.map((phrase) => phrase.split(" "));

/** `file:line: word: write X` for each banned word in a file, or in its name. */
export function findBanned(path: string, text: string): string[] {
  return [
    ...findIn(path).map(({ phrase, write }) =>
      `${path}:1: ${phrase} (in the name of the file): write ${write}`
    ),
    ...findIn(text).map(({ phrase, write, start }) =>
      `${path}:${lineOf(text, start)}: ${phrase}: write ${write}`
    ),
  ];
}

function findIn(text: string) {
  const words = wordsOf(text);
  return words.flatMap(({ start }, at) => {
    if (exceptions.some((phrase) => standsAt(text, words, at, phrase))) return [];
    return [...phrases]
      .filter(([phrase]) => standsAt(text, words, at, phrase))
      .map(([phrase, write]) => ({ phrase: phrase.join(" "), write, start }));
  });
}

function standsAt(text: string, words: readonly Word[], at: number, phrase: readonly string[]): boolean {
  return phrase.every((wanted, index) => {
    const word = words[at + index];
    const before = words[at + index - 1];
    if (word === undefined) return false;
    if (index > 0 && before !== undefined && !gap.test(text.slice(before.end, word.start))) return false;
    const found = word.text.toLowerCase();
    return found === wanted || (index === phrase.length - 1 && found === `${wanted}s`);
  });
}
