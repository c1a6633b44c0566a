/** Draws the curves in docs/ with the simulator: `make docs`. A test compares each with its file. */

import { curves } from "../tests/simulation/curves.ts";

for (const [path, draw] of Object.entries(curves)) {
  Deno.mkdirSync(new URL(".", new URL(`../${path}`, import.meta.url)), { recursive: true });
  Deno.writeTextFileSync(new URL(`../${path}`, import.meta.url), draw());
  console.log(`wrote ${path}`);
}
