/** The program of a process whose workers are threads: they run that of a worker. */

import { createSystem } from "../../system/deno_system.ts";
import { runThreadHost } from "./run_thread_host.ts";

// The binary has both programs in bundles.
const place = import.meta.url.endsWith(".ts") ? "../worker_program.ts" : "../worker/worker_program.js";
const system = createSystem();
system.processes.exit(await runThreadHost(system, new URL(place, import.meta.url)));
