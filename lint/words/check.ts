/** Checks the words of the whole repository: `make words`. Ends with 1 and a line for each word to change. */

import { findBanned } from "./find_banned.ts";
import { Spelling } from "./spelling.ts";

const root = new URL("../../", import.meta.url);

const places = [
  "src",
  "tests",
  "docs",
  "bench",
  "scripts",
  "lint",
  "types",
  "examples",
  "main.ts",
  "Makefile",
];
const documents = [...Deno.readDirSync(root)].map(({ name }) => name).filter((name) => name.endsWith(".md"));

/** The table of banned words itself, and what a program writes. */
const exempt = ["lint/words/banned.ts", "src/control/page/client_bundle.ts"];

function filesIn(place: string): string[] {
  if (!Deno.statSync(new URL(place, root)).isDirectory) {
    return /(\.(tsx?|md|sh)|^Makefile)$/.test(place) && !exempt.includes(place) ? [place] : [];
  }
  const entries = [...Deno.readDirSync(new URL(place, root))].filter(({ name }) => name !== "node_modules");
  return entries.flatMap(({ name }) => filesIn(`${place}/${name}`)).sort();
}

const files = [...places, ...documents].flatMap(filesIn);
const spelling = new Spelling(Deno.readTextFileSync(new URL("known.txt", import.meta.url)));

const objections = files.flatMap((path) => {
  const text = Deno.readTextFileSync(new URL(path, root));
  return [...findBanned(path, text), ...spelling.findMistakes(path, text)];
});
for (const objection of objections) console.log(objection);
console.log(`checked the words of ${files.length} files, found ${objections.length} to change`);
if (objections.length > 0) Deno.exit(1);
