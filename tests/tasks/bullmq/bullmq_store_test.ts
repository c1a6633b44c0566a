/** What the store on Redis does beyond what holds for every store. */

import type { Consumer, ConsumerOptions, TaskStore } from "../../../src/tasks/task_store.ts";
import { TaskStoreError } from "../../../src/tasks/task_store.ts";
import { assertEquals, assertRejects } from "../../assert.ts";
import { newTask } from "../store_contract.ts";
import { redisTest } from "./redis_server.ts";

function consume(store: TaskStore, given: Partial<ConsumerOptions>): Consumer {
  return store.consume({
    concurrency: 10,
    owner: "worker-1",
    run: () => Promise.resolve(null),
    onState: () => {},
    onDead: () => {},
    ...given,
  });
}

const forever = () => new Promise<null>(() => {});

redisTest(
  "what ran in a process that is gone is taken at once, and is dead after five times",
  async (server) => {
    const [id = ""] = await server.store().add([newTask()], 0);
    for (let count = 1; count <= 5; count++) {
      const store = server.store();
      const consumer = consume(store, { owner: `worker-${count}`, run: forever });
      await server.until(`it runs for the ${count}th time`, () => {
        consumer.release(`worker-${count - 1}`);
        return consumer.running.length === 1;
      }, 5000);
      await store.close();
    }
    const dead: unknown[] = [];
    const last = consume(server.store(), { onDead: (task, error) => dead.push([task, error]) });
    await server.until("it is dead", () => (last.release("worker-5"), dead.length === 1));
    assertEquals(dead, [[{ id, name: "greet" }, "job stalled more than allowable limit"]]);
  },
);

redisTest("a server that answers again, but with a refusal, is reported with that", async (server) => {
  const states: (string | null)[] = [];
  const store = server.store();
  consume(store, { onState: (problem) => void states.push(problem) });
  const [id = ""] = await store.add([newTask()], 5_000);
  await server.until("it works", async () => (await store.show(id))?.state === "done");
  await server.command("CONFIG SET requirepass secret");
  await server.command("AUTH secret\r\nCLIENT KILL TYPE normal");
  await server.until(
    "the refusal is reported",
    () => states.some((state) => /refuses the password/.test(state ?? "")),
  );
  assertEquals(states.filter((state) => state === null), []);
});

redisTest("a cancelled task is not run again if its process is killed before it knows", async (server) => {
  const [id = ""] = await server.store().add([newTask({ retries: 3 })], 0);
  const store = server.store();
  const consumer = consume(store, { owner: "frozen", run: forever });
  await server.until("it runs", () => consumer.running.length === 1);
  const other = server.store();
  assertEquals(await other.cancel(id), true);
  await store.close();
  let runs = 0;
  const next = consume(other, { run: () => (runs++, Promise.resolve(null)) });
  await server.until("it is dead", async () => {
    next.release("frozen");
    return (await other.counts()).dead === 1;
  });
  assertEquals([(await other.show(id))?.error, runs], ["cancelled", 0]);
  assertEquals(await other.retry(id), 1);
  await server.until("it is done", async () => (await other.counts()).done === 1);
});

redisTest("a consumer stops without the server once its tasks were given back", async (server) => {
  const store = server.store();
  await store.add([newTask(), newTask()], 0);
  const gate = Promise.withResolvers<null>();
  let runs = 0;
  const consumer = consume(store, { run: () => ++runs === 1 ? gate.promise : forever() });
  await server.until("both run", () => consumer.running.length === 2);
  await server.end();
  const stopped = consumer.stop();
  gate.resolve(null);
  await consumer.giveBack();
  await stopped;
});

redisTest(
  "a schedule that is given again keeps the task that is due, and one that is not goes",
  async (server) => {
    const store = server.store();
    const task = newTask({ retries: 1 });
    const often = { name: "often", schedule: "* * * * * *", timezone: "Europe/Berlin", task };
    const rare = { name: "a:b", schedule: "0 5 29 2 *", timezone: undefined, task };
    // What is due at once is not delayed.
    await server.until("a second has just begun", () => Date.now() % 1_000 < 300);
    await store.schedule([often, rare]);
    const [first] = await store.list("delayed", 10);
    assertEquals([first?.name, first?.payload, first?.attempts], ["greet", task.payload, 2]);
    await server.until("it is overdue", () => Date.now() > (first?.runAt ?? 0) + 100);
    await store.schedule([often, rare]);
    assertEquals((await store.list("delayed", 10))[0]?.id, first?.id);
    await store.schedule([rare]);
    assertEquals((await store.list("delayed", 10)).length, 1);
    assertEquals(await store.purge("delayed"), 0);
    const wrong = { ...often, schedule: "every day" };
    await assertRejects(() => store.schedule([wrong]), TaskStoreError, "cannot schedule tasks: ");
  },
);

redisTest("a key may have any characters", async (server) => {
  const store = server.store();
  for (const key of ["5", "0", "a:b:c", "é \ud800", "k".repeat(2000)]) {
    const [id = ""] = await store.add([newTask({ key })], 0);
    assertEquals((await store.show(id))?.key, key.toWellFormed());
  }
});
