/** Runs one cell in its own process, so that it can have its own network namespace. Prints the result as JSON. */

import type { Cell } from "./cells.ts";
import { type Environment, runCell } from "./run_cell.ts";

const [cell, environment] = Deno.args.map((text) => JSON.parse(text)) as [Cell, Environment];
console.log(JSON.stringify(await runCell(cell, environment)));
Deno.exit(0);
