/** A child process that must end soon: it is killed at its deadline, and when this process exits. */

import type { ChildProcess, ExitStatus, SpawnOptions, System } from "./system.ts";

interface LimitedChild {
  readonly output: ChildProcess["output"];
  readonly ended: Promise<ExitStatus & { readonly isLate: boolean }>;
  kill(): void;
}

/** `longest` is in ms. Throws what the system throws if no process can be started. */
export function startLimited(
  { processes, clock }: Pick<System, "processes" | "clock">,
  options: SpawnOptions,
  longest: number,
): LimitedChild {
  const process = processes.spawn(options);
  const kill = () => process.kill("SIGKILL");
  const keepRunning = processes.onExit(kill);
  let isLate = false;
  const cancel = clock.after(longest, () => {
    isLate = true;
    kill();
  });
  const end = async () => {
    const status = await process.exited;
    keepRunning();
    cancel();
    return { ...status, isLate };
  };
  return { output: process.output, ended: end(), kill };
}
