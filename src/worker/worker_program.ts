/** The program that a worker is, and the process that prepares an app for its workers: it ends with this process. */

import { preparationVariable } from "../protocol/app_preparation.ts";
import { createSystem } from "../system/deno_system.ts";
import { runWorker } from "./run_worker.ts";

const system = createSystem();
const preparation = system.host.env(preparationVariable);
if (preparation === undefined) system.processes.exit(await runWorker(system));
else {
  const { prepareApp } = await import("./app/preparing.ts");
  await prepareApp(system, preparation);
}
