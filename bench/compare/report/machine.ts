/** Where and with what a run was made. */

import { binary, root } from "../../support/program.ts";
import { outputOf } from "../drivers/outcome.ts";
import type { Tools } from "../setup/tools.ts";

export interface Machine {
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly memory: string;
  readonly kernel: string;
  /** Mean number of running processes in the minute before the run; a busy machine spoils it. */
  readonly loadBefore: number;
  readonly versions: Readonly<Record<string, string>>;
}

export async function describeMachine(tools: Tools, runtime: string): Promise<Machine> {
  const processor = /^model name\s*:\s*(.+)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1];
  const wrk = await new Deno.Command("wrk", { args: ["-v"] }).output();
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: processor ?? Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    memory: `${Math.round(Deno.systemMemoryInfo().total / 2 ** 30)} GB`,
    kernel: `${Deno.build.os} ${Deno.osRelease()}`,
    loadBefore: Math.round((Deno.loadavg()[0] ?? 0) * 100) / 100,
    versions: {
      denicorn: await commit(),
      "deno": Deno.version.deno,
      "runtime of the binary": runtime,
      "denicorn binary": (await outputOf([...binary, "--version"])).trim(),
      wrk: /\d+\.\d+\.\d+/.exec(new TextDecoder().decode(wrk.stdout))?.[0] ?? "unknown",
      ...Object.fromEntries(tools.versions),
    },
  };
}

async function commit(): Promise<string> {
  try {
    return (await outputOf(["git", "-C", root, "describe", "--always", "--dirty"])).trim();
  } catch {
    return "unknown commit";
  }
}
