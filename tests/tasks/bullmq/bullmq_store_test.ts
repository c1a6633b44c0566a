import { assertEquals } from "../../assert.ts";
import type { Consumer, ConsumerOptions, NewTask, TaskStore } from "../../../src/tasks/task_store.ts";
import { TaskFailure } from "../../../src/tasks/task_store.ts";
import { redisTest } from "./redis_server.ts";

function newTask(given: Partial<NewTask> = {}): NewTask {
  return {
    name: "mail",
    payload: '{"to":"a"}',
    runAt: 0,
    retries: 0,
    backoff: 10,
    priority: 0,
    timeout: 0,
    key: null,
    ...given,
  };
}

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

redisTest("a task that was added runs, and is then done with its result", async (server) => {
  const store = server.store();
  const [id = ""] = await store.add([newTask({ timeout: 1234, retries: 2 })], 0);
  const [waiting] = await store.list("waiting", 10);
  assertEquals([waiting?.id, waiting?.state, waiting?.payload], [id, "waiting", '{"to":"a"}']);
  const seen: unknown[] = [];
  const consumer = consume(store, {
    run: (task) => {
      seen.push([task.id, task.name, task.payload, task.attempt, task.attempts, task.timeout]);
      task.progress(0.5);
      return Promise.resolve('{"sent":true}');
    },
  });
  await server.until("it is done", async () => (await store.counts()).done === 1);
  assertEquals(seen, [[id, "mail", '{"to":"a"}', 1, 3, 1234]]);
  const info = await store.show(id);
  assertEquals([info?.state, info?.result, info?.attempt, info?.progress], ["done", '{"sent":true}', 1, 0.5]);
  await consumer.stop();
});

redisTest("a task that fails is tried again, and then dead with its last error", async (server) => {
  const store = server.store();
  const [id = ""] = await store.add([newTask({ retries: 2 })], 0);
  const attempts: number[] = [];
  const consumer = consume(store, {
    run: ({ attempt }) => {
      attempts.push(attempt);
      return Promise.reject(new TaskFailure(`Error: no ${attempt}`));
    },
  });
  await server.until("it is dead", async () => (await store.counts()).dead === 1);
  assertEquals(attempts, [1, 2, 3]);
  assertEquals((await store.show(id))?.error, "Error: no 3");
  await consumer.stop();
  assertEquals(await store.retry(null), 1);
  const again = await store.show(id);
  assertEquals([again?.state, again?.attempt], ["waiting", 0]);
});

redisTest("a task is added once for each key, also if it was done", async (server) => {
  const store = server.store();
  const key = "order:17/é";
  const ids = await store.add([newTask({ key }), newTask({ key, name: "other" }), newTask({ key: "5" })], 0);
  assertEquals(ids[0], ids[1]);
  assertEquals((await store.counts()).waiting, 2);
  assertEquals((await store.show(ids[0] ?? ""))?.key, key);
});

redisTest("a consumer that stops gives back what runs, without counting the attempt", async (server) => {
  const [store, other] = [server.store(), server.store()];
  await store.add([newTask({ retries: 1 })], 0);
  const aborted = Promise.withResolvers<void>();
  const consumer = consume(store, {
    run: ({ signal }) => {
      signal.addEventListener("abort", () => aborted.resolve());
      return new Promise(() => {});
    },
  });
  await server.until("it runs", () => consumer.running.length === 1);
  const stopped = consumer.stop();
  await consumer.giveBack();
  await aborted.promise;
  await stopped;
  const attempts: number[] = [];
  consume(other, { run: ({ attempt }) => (attempts.push(attempt), Promise.resolve(null)) });
  await server.until("it is done", async () => (await other.counts()).done === 1);
  assertEquals(attempts, [1]);
});

redisTest(
  "what ran in a process that is gone is taken at once, and is dead after six times",
  async (server) => {
    const [id = ""] = await server.store().add([newTask()], 0);
    for (let count = 1; count <= 6; count++) {
      const store = server.store();
      const consumer = consume(store, { owner: `worker-${count}`, run: () => new Promise(() => {}) });
      await server.until(`it runs for the ${count}th time`, () => {
        consumer.release(`worker-${count - 1}`);
        return consumer.running.length === 1;
      });
      await store.close();
    }
    const dead: unknown[] = [];
    const last = consume(server.store(), { onDead: (task, error) => dead.push([task, error]) });
    await server.until("it is dead", () => (last.release("worker-6"), dead.length === 1));
    assertEquals(dead, [[{ id, name: "mail" }, "job stalled more than allowable limit"]]);
  },
);

redisTest("a task that runs in another process is cancelled, and not tried again", async (server) => {
  const [store, other] = [server.store(), server.store()];
  const [id = "", waiting = ""] = await store.add([
    newTask({ retries: 3 }),
    newTask({ runAt: Date.now() + 60_000 }),
  ], 0);
  const consumer = consume(other, {
    run: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(new TaskFailure("aborted")))),
  });
  await server.until("it runs", () => consumer.running.length === 1);
  assertEquals(await store.cancel(id), true);
  await server.until("it is dead", async () => (await store.counts()).dead === 1);
  assertEquals([await store.cancel(id), await store.cancel(waiting), await store.cancel("none")], [
    false,
    true,
    false,
  ]);
  assertEquals((await store.counts()).delayed, 0);
});
