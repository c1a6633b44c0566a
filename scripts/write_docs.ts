/** Writes the pages that are made from the code: `deno task docs`. A test compares each with its file. */

import { renderSettingsReference } from "../src/cli/settings_reference.ts";

const pages = {
  "docs/settings.md": renderSettingsReference,
} as const;

for (const [path, render] of Object.entries(pages)) {
  Deno.writeTextFileSync(new URL(`../${path}`, import.meta.url), render());
  console.log(`wrote ${path}`);
}
