import { banned } from "../../lint/words/banned.ts";
import { findBanned } from "../../lint/words/find_banned.ts";
import { Spelling } from "../../lint/words/spelling.ts";
import { wordsOf } from "../../lint/words/split.ts";
import { assertEquals } from "../assert.ts";

// The words are taken from the table: written out here, they would be found by the check of this file.

function camelCase(phrase: string): string {
  return phrase.replace(/ (.)/g, (_, letter: string) => letter.toUpperCase());
}

function assertFound(source: (phrase: string) => string, line: number): void {
  for (const [phrase, write] of Object.entries(banned)) {
    assertEquals(findBanned("src/a.ts", source(phrase)), [`src/a.ts:${line}: ${phrase}: write ${write}`]);
  }
}

Deno.test("a banned word is found in comments, strings, documents and names, with its line and what to write", () => {
  assertFound((phrase) => `\n/** The ${phrase} one. */`, 2);
  assertFound((phrase) => `const text = "${phrase.toUpperCase()}";`, 1);
  assertFound((phrase) => `# A title\n\n- ${phrase}, and more`, 3);
  assertFound((phrase) => `function ${camelCase(`get ${phrase} now`)}() {}`, 1);
  assertFound((phrase) => `class ${camelCase(`a ${phrase}`)} {}`, 1);
  assertFound((phrase) => `const ${phrase.replaceAll(" ", "_")}_1 = 2;`, 1);
  assertFound((phrase) => `- these ${phrase}s`, 1);
});

Deno.test("a banned phrase is found where a line ends within it", () => {
  assertFound((phrase) => `/**\n * The ${phrase.replaceAll(" ", "\n * ")} one.\n */`, 2);
  assertFound((phrase) => `// The ${phrase.replaceAll(" ", "\n  // ")} one.`, 1);
});

Deno.test("a banned word is found in the name of a file", () => {
  for (const [phrase, write] of Object.entries(banned)) {
    const path = `src/${phrase.replaceAll(" ", "_")}.ts`;
    assertEquals(findBanned(path, ""), [`${path}:1: ${phrase} (in the name of the file): write ${write}`]);
  }
});

Deno.test("a banned word within another word is none, nor a phrase with a full stop in it", () => {
  assertEquals(findBanned("a.md", "their inheritance is marshalled, and it is no longer here"), []);
  const phrases = Object.keys(banned).filter((phrase) => phrase.includes(" "));
  const parted = phrases.map((phrase) => phrase.replace(" ", ". ")).join("; ");
  assertEquals(findBanned("a.md", parted), []);
});

Deno.test("names are split where their case changes; escapes, addresses and numbers are no words", () => {
  const words = (text: string) => wordsOf(text).map(({ text }) => text);
  assertEquals(words("parseHTTPHeader of PIDs in UPPER_CASE2go"), [
    ...["parse", "HTTP", "Header", "of", "PID", "s", "in", "UPPER", "CASE", "go"],
  ]);
  assertEquals(words("it doesn't, the worker's; the workers' own"), [
    ...["it", "doesn't", "the", "worker", "s", "the", "workers", "own"],
  ]);
  assertEquals(
    words(String.raw`one\ntwo \x1b[31m \u00e9 /\bthree\b/ 0xffff_ffffn c1dd44e https://example.com/x`),
    [
      ...["one", "two", "m", "three"],
    ],
  );
});

Deno.test("a word that neither the dictionary nor our list has is reported once per file", () => {
  const spelling = new Spelling("stderr tsconfig # what these are\nkeyof");
  const advice = "write it as the dictionary has it, or add it to lint/words/known.txt";
  assertEquals(spelling.findMistakes("a.md", "Two\nwrokers write to stderr,\nand wrokers stop."), [
    `a.md:2: wrokers: ${advice}`,
  ]);
  assertEquals(spelling.findMistakes("a.ts", "readTsconfig(KEYOF); // The behaviour isn't Monday's"), []);
  assertEquals(spelling.findMistakes("b.ts", "wrokers"), [`b.ts:1: wrokers: ${advice}`]);
});
