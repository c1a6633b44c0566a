/** A child process that must end soon: it is killed at its deadline, and when this process exits. */

import { sleep } from "../clock.ts";
import type { ChildProcess, ExitStatus, SpawnOptions, System } from "../system.ts";

interface LimitedChild {
  /**
   * The first line of its stdout, with `readOutput`. `null` if there is none or it is longer than `longest` bytes;
   * then the process is killed.
   */
  line(longest: number): Promise<string | null>;
  readonly ended: Promise<ExitStatus & { readonly isLate: boolean }>;
  kill(): void;
}

const newline = 10;
/** Another process may keep the output open; this much later (ms) nothing more is expected. */
const afterEnd = 1_000;

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
  const ended = end();
  return {
    ended,
    kill,
    async line(longest) {
      const outlived = ended.then(() => sleep(clock, afterEnd)).then(() => null);
      const line = await Promise.race([firstLine(process.output, longest), outlived]);
      if (line === null) kill();
      return line;
    },
  };
}

async function firstLine(output: ChildProcess["output"], longest: number): Promise<string | null> {
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  let length = 0;
  for await (const bytes of output) {
    length += bytes.length;
    if (length > longest) return null;
    pieces.push(decoder.decode(bytes, { stream: true }));
    if (bytes.at(-1) === newline) return pieces.join("");
  }
  return null;
}
