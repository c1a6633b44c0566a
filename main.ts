import { createSystem } from "./src/system/deno_system.ts";

const system = createSystem();
// Each process loads only the modules it needs: a worker no bundler, a master no request handling.
if (Deno.args[0] === "--worker") {
  const { runWorker } = await import("./src/worker/run_worker.ts");
  system.processes.exit(await runWorker(system));
} else if (Deno.args[0] === "--read-config") {
  const { runConfigProcess } = await import("./src/app/config/config_process.ts");
  system.processes.exit(await runConfigProcess(system));
} else {
  const { run } = await import("./src/cli/run.ts");
  system.processes.exit(await run(system, Deno.args));
}
