/** Jobs that run alone in their worker, among many that do not. */

import { encodePayload } from "../../../src/tasks/payload.ts";
import { assertEquals } from "../../assert.ts";
import { newTask } from "../store_contract.ts";
import { redisTest } from "./redis_server.ts";

redisTest("suspects among many jobs of two workers run alone, and all jobs run", async (server) => {
  const store = server.store();
  await store.pause();
  const count = 400;
  // With priorities, too, which BullMQ keeps elsewhere.
  const tasks = Array.from({ length: count }, (_, index) => newTask({ priority: index % 3 }));
  const ids = await store.add(tasks, 0);
  const suspects = new Set(ids.filter((_, index) => index % 40 === 7));
  for (const id of suspects) await server.command(`HSET bull:denicorn:${id} stc 3`);
  const together: string[] = [];
  const runs = new Map<string, number>();
  for (const owner of ["one", "two"]) {
    const running = new Set<string>();
    server.store().consume({
      concurrency: 10,
      owner,
      run: async ({ id }) => {
        running.add(id);
        if (running.size > 1) together.push(...[...running].filter((other) => suspects.has(other)));
        await new Promise((resolve) => setTimeout(resolve, runs.size % 5));
        runs.set(id, (runs.get(id) ?? 0) + 1);
        running.delete(id);
        return encodePayload(null);
      },
      onState: () => {},
      onDead: () => {},
    });
  }
  await store.resume();
  await server.until("all are done", async () => (await store.counts()).done === count);
  assertEquals([together, runs.size, [...runs.values()].every((times) => times === 1)], [[], count, true]);
});

redisTest("a worker that holds a suspect back stops, and another one runs it", async (server) => {
  const store = server.store();
  const gate = Promise.withResolvers<null>();
  const options = { concurrency: 3, onState: () => {}, onDead: () => {} };
  const first = server.store().consume({ ...options, owner: "one", run: () => gate.promise });
  await store.add([newTask()], 0);
  await server.until("one runs", () => first.running.length === 1);
  await store.pause();
  const [suspect = ""] = await store.add([newTask()], 0);
  await server.command(`HSET bull:denicorn:${suspect} stc 4`);
  await store.resume();
  await server.until("it was given back", async () => {
    const events = await server.command("XREVRANGE bull:denicorn:events + - COUNT 1");
    return events.includes(suspect) && events.includes("waiting") && events.includes("active");
  });
  const stopped = first.stop();
  const second = server.store().consume({ ...options, owner: "two", run: () => Promise.resolve(null) });
  await server.until("it is done", async () => (await store.show(suspect))?.state === "done");
  assertEquals([first.running.length, second.running.length], [1, 0]);
  gate.resolve(null);
  await stopped;
});
