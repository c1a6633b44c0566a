/** What holds for every store, held against the one on Redis. */

import { storeContract } from "../store_contract.ts";
import { lackingRedis, RedisServer } from "./redis_server.ts";

storeContract("BullMQ", async () => {
  const server = await RedisServer.start();
  return {
    open: () => server.store({ lease: 5000 }),
    remove: () => server[Symbol.asyncDispose](),
  };
}, lackingRedis);
