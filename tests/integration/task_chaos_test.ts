/**
 * No task is lost, and none runs twice without a reason, while processes are killed: with each store once among 10,000
 * tasks, which is what is promised, and with the other program among a fifth of them, because each run costs half a minute
 * of two processors.
 */

import { fileStore, redisStore } from "../../bench/tasks/chaos/chaos_stores.ts";
import { type ChaosStore, taskChaos } from "../../bench/tasks/chaos/task_chaos.ts";
import { assert, assertEquals } from "../assert.ts";
import { lackingRedis } from "../tasks/bullmq/redis_server.ts";
import { type Target, type TestHost, testOnOneTarget } from "./harness.ts";

testOnOneTarget("with a file, tasks survive the deaths of workers and of the whole server", async (host) => {
  await using store = fileStore(host.folder);
  await survives(host, store, "binary");
});

testOnOneTarget("with Redis, tasks survive the deaths of workers and of Redis", async (host) => {
  await using store = await redisStore();
  await survives(host, store, "source");
}, lackingRedis);

/** `whole`: the program that runs all of the tasks. */
async function survives(host: TestHost, store: ChaosStore, whole: Target["name"]): Promise<void> {
  const share = host.target.name === whole ? 1 : 1 / 5;
  const options = { tasks: 10_000 * share, seed: Date.now(), deadline: 120_000 };
  const result = await taskChaos(host, store, options);
  assertEquals(
    result.problems.slice(0, 5),
    [],
    JSON.stringify({ ...options, ...result, problems: result.problems.length }),
  );
  assert(result.kills >= 10 * share, `only ${result.kills} kills`);
}
