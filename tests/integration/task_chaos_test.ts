/** No task is lost, and none runs twice without a reason, while processes are killed. */

import { fileStore, redisStore } from "../../bench/tasks/chaos/chaos_stores.ts";
import { type ChaosStore, taskChaos } from "../../bench/tasks/chaos/task_chaos.ts";
import { assert, assertEquals } from "../assert.ts";
import { lackingRedis } from "../tasks/bullmq/redis_server.ts";
import { integrationTest, type TestHost } from "./harness.ts";

integrationTest("with a file, tasks survive the deaths of workers and of the whole server", async (host) => {
  await using store = fileStore(host.folder);
  await survives(host, store);
});

integrationTest("with Redis, tasks survive the deaths of workers and of Redis", async (host) => {
  await using store = await redisStore();
  await survives(host, store);
}, lackingRedis);

async function survives(host: TestHost, store: ChaosStore): Promise<void> {
  const options = { tasks: 10_000, seed: Date.now(), deadline: 120_000 };
  const result = await taskChaos(host, store, options);
  assertEquals(
    result.problems.slice(0, 5),
    [],
    JSON.stringify({ ...options, ...result, problems: result.problems.length }),
  );
  assert(result.kills >= 10, `only ${result.kills} kills`);
}
