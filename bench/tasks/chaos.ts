/**
 * The chaos test of tasks (`tests/integration/task_chaos_test.ts`) with more tasks and as often as wanted:
 * `deno run -A bench/tasks/chaos.ts [source|binary] [sqlite|redis] [--tasks=10000] [--rounds=1] [--seed=N]`. The exit code is 1 if a
 * round has failed.
 */

import { targets, TestHost } from "../../tests/integration/harness.ts";
import { fileStore, redisStore } from "./chaos/chaos_stores.ts";
import { taskChaos } from "./chaos/task_chaos.ts";

const tasks = Number(valueOf("--tasks=") ?? 10_000);
const rounds = Number(valueOf("--rounds=") ?? 1);
const seed = Number(valueOf("--seed=") ?? Math.floor(Math.random() * 1e9));
const words = Deno.args.filter((arg) => !arg.startsWith("--"));

const stores = { sqlite: fileStore, redis: redisStore };

let hasFailed = false;
for (let round = 0; round < rounds; round++) {
  for (const target of targets.filter(({ name }) => isWanted(name, ["source", "binary"]))) {
    for (
      const [name, open] of Object.entries(stores).filter(([name]) => isWanted(name, ["sqlite", "redis"]))
    ) {
      const host = new TestHost(target);
      try {
        await using store = await open(host.folder);
        const result = await taskChaos(host, store, {
          tasks,
          seed: seed + round,
          deadline: Number(valueOf("--deadline=") ?? 600_000),
        });
        print(target.name, name, seed + round, result);
        hasFailed ||= result.problems.length > 0;
      } finally {
        await host.close();
      }
    }
  }
}
Deno.exit(hasFailed ? 1 : 0);

/** Whether the words name it, or no other of its `kinds`. */
function isWanted(name: string, kinds: readonly string[]): boolean {
  return words.includes(name) || !kinds.some((kind) => words.includes(kind));
}

function print(
  program: string,
  store: string,
  seed: number,
  result: Awaited<ReturnType<typeof taskChaos>>,
): void {
  const { seconds, kills, runs, repeated, late, stalled, longestGap, problems } = result;
  console.log(
    `${program}, ${store}: ${tasks} tasks in ${seconds} s and ${runs} runs with ${kills} kills, seed ${seed}: ` +
      `${repeated} runs were repeated, ${
        repeated - late - stalled
      } because their process was killed, ${stalled} ` +
      `because it did not run for half a lease, and ${late} because Redis was away for longer than their lease, up ` +
      `to ${longestGap} ms after their end`,
  );
  for (const problem of problems) console.log(`  FAILED: ${problem}`);
  console.log(JSON.stringify({ bench: "task-chaos", program, store, tasks, seed, ...result }));
}

function valueOf(option: string): string | undefined {
  return Deno.args.find((arg) => arg.startsWith(option))?.slice(option.length);
}
