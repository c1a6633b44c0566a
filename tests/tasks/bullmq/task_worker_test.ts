import { assertEquals } from "../../assert.ts";
import { TaskFailure } from "../../../src/tasks/task_store.ts";
import { newTask } from "../store_contract.ts";
import { redisTest } from "./redis_server.ts";

redisTest("as many tasks run at a time as may, also while one of them takes long", async (server) => {
  const store = server.store();
  let waiting: (() => void)[] = [];
  let endLong = () => {};
  // Short tasks end in pairs: with fewer places than two beside the long one, none of them would.
  const run = (name: string): Promise<string | null> =>
    new Promise((resolve) => {
      const end = () => resolve('{"did":"it"}');
      if (name === "long") return void (endLong = end);
      waiting.push(end);
      if (waiting.length < 2) return;
      for (const end of waiting) end();
      waiting = [];
    });
  store.consume({
    ...{ concurrency: 3, owner: "one", onState: () => {}, onDead: () => {} },
    run: ({ name }) => run(name),
  });
  for (let round = 1; round <= 3; round++) {
    await store.add([newTask({ name: "long" })], 5_000);
    // One after the other and at once: BullMQ fetches them in different ways.
    for (let count = 0; count < 4; count++) await store.add([newTask()], 5_000);
    await store.add(Array.from({ length: 40 }, () => newTask()), 5_000);
    const done = (round - 1) * 45 + 44;
    await server.until("the short ones are done", async () => (await store.counts()).done === done);
    endLong();
    await server.until("the long one is done", async () => (await store.counts()).done === done + 1);
  }
  const [info] = await store.list("done", 1);
  assertEquals([info?.result, info?.error], ['{"did":"it"}', null]);
});

redisTest("tasks that failed at about the same time are tried again when they are due", async (server) => {
  const store = server.store();
  store.consume({
    ...{ concurrency: 10, owner: "one", onState: () => {}, onDead: () => {} },
    run: async ({ name, attempt }) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
      return name === "bad" && attempt < 3 ? Promise.reject(new TaskFailure("no luck")) : null;
    },
  });
  const tasks = [0, 5, 300].flatMap((backoff) =>
    Array.from({ length: 100 }, (_, index) => {
      return newTask({ name: index % 5 < 2 ? "bad" : "good", retries: 2, backoff });
    })
  );
  await store.add(tasks, 5_000);
  // A worker that forgets when they are due asks again after 10 s.
  await server.until("all are done", async () => (await store.counts()).done === tasks.length, 6_000);
});

redisTest("a second run keeps its lock when the first, which has lost it, ends", async (server) => {
  const store = server.store({ lease: 1_000 });
  const ends: (() => void)[] = [];
  store.consume({
    ...{ concurrency: 2, owner: "one", onState: () => {}, onDead: () => {} },
    run: () => new Promise((resolve) => void ends.push(() => resolve(null))),
  });
  const [id] = await store.add([newTask()], 5_000);
  await server.until("it runs", () => ends.length === 1);
  // As after a pause that was longer than the lease.
  const lock = `bull:denicorn:${id}:lock`;
  await server.command(`DEL ${lock}`);
  await server.until("it runs once more", () => ends.length === 2);
  ends[0]?.();
  let left = 0;
  await server.until("its lock is renewed, or lost", async () => {
    const before = left;
    left = Number((await server.command(`PTTL ${lock}`)).slice(1));
    return ends.length > 2 || (before > 0 && before < left);
  });
  assertEquals(ends.length, 2);
  ends[1]?.();
  await server.until("it is done", async () => (await store.counts()).done === 1);
});
