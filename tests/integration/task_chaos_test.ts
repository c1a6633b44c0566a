/** No task is lost, and none runs twice without a reason, while processes are killed. */

import { taskChaos } from "../../bench/tasks/chaos/task_chaos.ts";
import { createSystem } from "../../src/system/deno_system.ts";
import { sqliteStore } from "../../src/tasks/sqlite/sqlite_store.ts";
import { assert, assertEquals } from "../assert.ts";
import { integrationTest } from "./harness.ts";

const options = { tasks: 10_000, seed: Date.now(), deadline: 120_000 };

integrationTest("with a file, tasks survive the deaths of workers and of the whole server", async (host) => {
  const path = `${host.folder}/tasks.db`;
  const store = sqliteStore(createSystem(), { path, isDurable: true }, {
    lease: 2_000,
    retention: 3_600_000,
  });
  try {
    const result = await taskChaos(host, { place: `sqlite:${path}`, store, restart: null }, options);
    assertEquals(result.problems.slice(0, 5), []);
    assert(result.kills >= 10, `only ${result.kills} kills`);
  } finally {
    await store.close();
  }
});
