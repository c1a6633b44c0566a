/** One run in its own process, so that it can have its own network namespace. Prints the result as JSON. */

import { type ChaosOptions, runChaos } from "./run_chaos.ts";

console.log(JSON.stringify(await runChaos(JSON.parse(Deno.args[0] ?? "") as ChaosOptions)));
Deno.exit(0);
