/** Draws the curves in docs/autoscale/ with the simulator: `make docs`. A test compares each with its file. */

import { curves } from "../tests/simulation/curves.ts";

Deno.mkdirSync(new URL("../docs/autoscale/", import.meta.url), { recursive: true });
for (const [path, draw] of Object.entries(curves)) {
  Deno.writeTextFileSync(new URL(`../${path}`, import.meta.url), draw());
  console.log(`wrote ${path}`);
}
