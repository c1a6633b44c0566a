/** One cell in a process of its own, so that it can have a network of its own. Prints its result as JSON. */

import type { Cell } from "./cells.ts";
import { runCell, type Surroundings } from "./run_cell.ts";

const [cell, surroundings] = Deno.args.map((text) => JSON.parse(text)) as [Cell, Surroundings];
console.log(JSON.stringify(await runCell(cell, surroundings)));
Deno.exit(0);
