/**
 * Disturbs a server under light load, at random, and demands a reason for every failed request: kill -9, STOP and CONT,
 * HUP, TTIN, TTOU, USR1, USR2, WINCH, memory and descriptor pressure, on workers and the master. A request may fail
 * only because of a process that was killed, and at the end nothing may be left. Ten minutes for the binary and ten
 * from source; `binary` or `source` selects one. `--short` does a tenth, `--seconds=N` as long as that. `--seed=N` repeats
 * the order of a run (an odd one keeps a spare worker), and `--only=HUP,kill` takes only disturbances whose name contains
 * one of the words. The exit code is 1 if a run has failed.
 */

import { describeNetwork, runApart } from "../support/namespace.ts";
import { binary, fromSource } from "../support/program.ts";
import type { ChaosOptions, ChaosResult } from "./run_chaos.ts";

const programs = { binary, source: fromSource };
const words = Deno.args.filter((arg) => !arg.startsWith("--"));
const short = Deno.args.includes("--short");
const seconds = Number(valueOf("--seconds=") ?? (short ? 60 : 600));
const seed = Number(valueOf("--seed=") ?? Math.floor(Math.random() * 1e9));
const only = valueOf("--only=")?.split(",") ?? [];

console.log(await describeNetwork("run"));

let hasFailed = false;
for (const [program, command] of Object.entries(programs)) {
  if (words.length > 0 && !words.includes(program)) continue;
  const options: ChaosOptions = { command, seconds, seed, only };
  const result = await runApart<ChaosResult>(new URL("run_main.ts", import.meta.url), options);
  hasFailed ||= result.problems.length > 0;
  print(program, result);
}
Deno.exit(hasFailed ? 1 : 0);

function valueOf(option: string): string | undefined {
  return Deno.args.find((arg) => arg.startsWith(option))?.slice(option.length);
}

function print(program: string, result: ChaosResult): void {
  const { requests, seconds, performed, attributed, growth, problems, log } = result;
  const operations = Object.values(performed).reduce((sum, count) => sum + count, 0);
  console.log(
    `\n${program}: ${requests} requests and ${operations} disturbances in ${seconds} s, seed ${seed}`,
  );
  for (const [name, count] of Object.entries(performed)) {
    console.log(`  ${String(count).padStart(4)}  ${name}`);
  }
  for (const [what, [incidents, failures]] of Object.entries(attributed)) {
    console.log(`  ${failures} failed because of ${incidents} times: ${what}`);
  }
  console.log(`  a master opened at most ${growth.files} more files and grew by at most ${growth.memory} MB`);
  console.log(
    problems.length === 0 ? "  nothing unexplained" : `  FAILED: ${problems.join("\n  FAILED: ")}\n${log}`,
  );
  console.log(JSON.stringify({ bench: "chaos", program, seed, ...result, log: undefined }));
}
