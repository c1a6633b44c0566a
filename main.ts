import { createSystem } from "./src/system/deno_system.ts";

const system = createSystem();
// Each process loads only its half: a worker needs no bundler, a master no request handling.
if (Deno.args[0] === "--worker") {
  const { runWorker } = await import("./src/worker/run_worker.ts");
  system.processes.exit(await runWorker(system));
} else {
  const { run } = await import("./src/cli/run.ts");
  system.processes.exit(await run(system, Deno.args));
}
