import { createSystem } from "./src/system/deno_system.ts";

const system = createSystem();
// Each process loads only the modules it needs: a worker no bundler, a master no request handling.
if (Deno.args[0] === "--worker") {
  const { runWorker } = await import("./src/worker/run_worker.ts");
  system.processes.exit(await runWorker(system));
} else if (Deno.args[0] === "--read-config") {
  const { runConfigProcess } = await import("./src/app/config/config_process.ts");
  system.processes.exit(await runConfigProcess(system));
} else if (Deno.args[0] === "--build-app") {
  const { runBuildProcess } = await import("./src/app/build/build_process.ts");
  system.processes.exit(await runBuildProcess(system));
} else if (Deno.args[0] === "--try-account") {
  const { runTrialProcess } = await import("./src/account/trial_process.ts");
  system.processes.exit(await runTrialProcess(system));
} else if (Deno.args[0] === "--run-as") {
  const { runAs } = await import("./src/system/processes/run_as.ts");
  const { text, code } = runAs(Deno.args.slice(1), system.host.environment());
  system.host.write("stderr", text);
  system.processes.exit(code);
} else {
  const { run } = await import("./src/cli/run.ts");
  system.processes.exit(await run(system, Deno.args));
}
