/** The program that all other processes are, each with the modules it needs: it ends with this process. */

import { appProcessVariable } from "../protocol/messages.ts";
import { createSystem } from "../system/deno_system.ts";

const system = createSystem();
const { args } = system.host;
switch (args[0]) {
  case "--read-config": {
    const { runConfigProcess } = await import("../app/config/config_process.ts");
    system.processes.exit(await runConfigProcess(system));
    break;
  }
  case "--run-hooks": {
    const { runHooks } = await import("../app/config/run_hooks.ts");
    system.processes.exit(await runHooks(system));
    break;
  }
  case "--build-app": {
    const { runBuildProcess } = await import("../app/build/build_process.ts");
    system.processes.exit(await runBuildProcess(system));
    break;
  }
  case "--try-account": {
    const { runTrialProcess } = await import("../account/trial_process.ts");
    system.processes.exit(await runTrialProcess(system));
    break;
  }
  case "--run-as": {
    const { runAs } = await import("../system/processes/run_as.ts");
    const { text, code } = runAs(args.slice(1), system.host.environment());
    system.host.write("stderr", text);
    system.processes.exit(code);
    break;
  }
  default: {
    if (system.host.standalone && system.host.env(appProcessVariable) !== undefined) {
      const { runForApp } = await import("./app_process.ts");
      const code = await runForApp(system, args);
      if (code === null) break;
      if (code !== undefined) system.processes.exit(code);
    }
    const { run } = await import("./run.ts");
    system.processes.exit(await run(system, args));
  }
}
