/** The program that a worker is, as a process or a thread, and the process that prepares an app for its workers: it ends with this process. */

import { preparationVariable } from "../protocol/app_preparation.ts";
import { createSystem } from "../system/deno_system.ts";
import { isThread, systemOfThread, threadStart } from "../system/processes/own_thread.ts";
import { runWorker, serveMaster } from "./run_worker.ts";

const system = createSystem();
const preparation = system.host.env(preparationVariable);
if (isThread()) {
  const start = await threadStart();
  system.processes.exit(await serveMaster(systemOfThread(system, start), start));
} else if (preparation === undefined) system.processes.exit(await runWorker(system));
else {
  const { prepareApp } = await import("./app/preparing.ts");
  await prepareApp(system, preparation);
}
