/** Writes the pages that are generated from the code: `make docs`. A test compares each with its file. */

import { referencePages } from "../src/cli/reference/pages.ts";

for (const [path, render] of Object.entries(referencePages)) {
  Deno.writeTextFileSync(new URL(`../${path}`, import.meta.url), render());
  console.log(`wrote ${path}`);
}
