/** The stores for the chaos test. */

import { createSystem } from "../../../src/system/deno_system.ts";
import { sqliteStore } from "../../../src/tasks/sqlite/sqlite_store.ts";
import { RedisServer } from "../../../tests/tasks/bullmq/redis_server.ts";
import type { ChaosStore } from "./task_chaos.ts";

const options = { lease: 2_000, retention: 3_600_000 };

/** A file of SQLite in `folder`. */
export function fileStore(folder: string): ChaosStore & AsyncDisposable {
  const path = `${folder}/tasks.db`;
  const store = sqliteStore(createSystem(), { path, isDurable: true }, options);
  return {
    ...{ place: `sqlite:${path}`, store, restart: null },
    [Symbol.asyncDispose]: () => store.close(),
  };
}

/** A server of Redis, which is killed and started again with the same file. */
export async function redisStore(): Promise<ChaosStore & AsyncDisposable> {
  const server = await RedisServer.start();
  return {
    place: server.url,
    store: server.store(options),
    restart: async () => {
      await server.end("SIGKILL");
      await server.run();
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
