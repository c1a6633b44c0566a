/**
 * Writes the pages that are generated from the code, and the texts of `denicorn init` that are those of deploy/: `make
 * docs`. Tests compare each with its file.
 */

import { referencePages } from "../src/cli/reference/pages.ts";
import { deployTexts } from "./deploy_texts.ts";

Deno.writeTextFileSync(new URL("../src/cli/init/deploy_texts.ts", import.meta.url), deployTexts());

for (const [path, render] of Object.entries(referencePages)) {
  Deno.writeTextFileSync(new URL(`../${path}`, import.meta.url), render());
  console.log(`wrote ${path}`);
}
