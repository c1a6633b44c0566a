/** The program that a worker is: it ends with this process. */

import { createSystem } from "../system/deno_system.ts";
import { runWorker } from "./run_worker.ts";

const system = createSystem();
system.processes.exit(await runWorker(system));
