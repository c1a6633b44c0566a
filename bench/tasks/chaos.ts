/**
 * The chaos test of tasks (`tests/integration/task_chaos_test.ts`) with more tasks and as often as wanted:
 * `deno run -A bench/tasks/chaos.ts [source|binary] [--tasks=10000] [--rounds=1] [--seed=N]`. The exit code is 1 if a
 * round has failed.
 */

import { createSystem } from "../../src/system/deno_system.ts";
import { sqliteStore } from "../../src/tasks/sqlite/sqlite_store.ts";
import { targets, TestHost } from "../../tests/integration/harness.ts";
import { taskChaos } from "./chaos/task_chaos.ts";

const tasks = Number(valueOf("--tasks=") ?? 10_000);
const rounds = Number(valueOf("--rounds=") ?? 1);
const seed = Number(valueOf("--seed=") ?? Math.floor(Math.random() * 1e9));
const words = Deno.args.filter((arg) => !arg.startsWith("--"));

let hasFailed = false;
for (let round = 0; round < rounds; round++) {
  for (const target of targets) {
    if (words.length > 0 && !words.includes(target.name)) continue;
    const host = new TestHost(target);
    const path = `${host.folder}/tasks.db`;
    const store = sqliteStore(createSystem(), { path, isDurable: true }, {
      lease: 2_000,
      retention: 3_600_000,
    });
    try {
      const chaos = { place: `sqlite:${path}`, store, restart: null };
      const result = await taskChaos(host, chaos, { tasks, seed: seed + round, deadline: 600_000 });
      print(target.name, seed + round, result);
      hasFailed ||= result.problems.length > 0;
    } finally {
      await store.close();
      await host.close();
    }
  }
}
Deno.exit(hasFailed ? 1 : 0);

function print(program: string, seed: number, result: Awaited<ReturnType<typeof taskChaos>>): void {
  const { seconds, kills, runs, repeated, longestGap, problems } = result;
  console.log(
    `${program}, sqlite: ${tasks} tasks in ${seconds} s and ${runs} runs with ${kills} kills, seed ${seed}: ` +
      `${repeated} runs were repeated because their process was killed, up to ${longestGap} ms after their end`,
  );
  for (const problem of problems) console.log(`  FAILED: ${problem}`);
  console.log(JSON.stringify({ bench: "task-chaos", program, store: "sqlite", tasks, seed, ...result }));
}

function valueOf(option: string): string | undefined {
  return Deno.args.find((arg) => arg.startsWith(option))?.slice(option.length);
}
