import { assert, assertEquals } from "../../assert.ts";
import { TaskFailure } from "../../../src/tasks/task_store.ts";
import { newTask } from "../store_contract.ts";
import { otherProgram } from "./other_program.ts";
import { type RedisServer, redisTest } from "./redis_server.ts";

const program = new URL("sharing_program.mjs", import.meta.url);

function consume(server: RedisServer, query: string, seen: unknown[]) {
  const store = server.store({}, query);
  const consumer = store.consume({
    concurrency: 5,
    owner: "one",
    run: async (task) => {
      seen.push([task.name, JSON.stringify(task.payload()), task.attempt, task.attempts, task.timeout]);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return '{"by":"us"}';
    },
    onState: () => {},
    onDead: () => {},
  });
  return { store, consumer };
}

redisTest("a job whose program has a backoff of its own is tried again", async (server) => {
  const attempts: number[] = [];
  const states: (string | null)[] = [];
  const store = server.store({}, "?queue=mail");
  store.consume({
    concurrency: 1,
    owner: "one",
    run: ({ attempt }) => {
      attempts.push(attempt);
      return attempt === 1 ? Promise.reject(new TaskFailure("no luck")) : Promise.resolve(null);
    },
    onState: (problem) => void states.push(problem),
    onDead: () => {},
  });
  const options = JSON.stringify({ attempts: 2, backoff: { type: "ours" } });
  const feeding = otherProgram(program, "feed", `${server.port}`, "mail", "1", options);
  await feeding.stdout.cancel();
  await feeding.status;
  await server.until("it is done", async () => (await store.counts()).done === 1);
  assertEquals([attempts, states], [[1, 2], []]);
});

redisTest("a program in Node feeds the queue", async (server) => {
  const seen: unknown[] = [];
  const { store } = consume(server, "?queue=mail", seen);
  const feeding = otherProgram(program, "feed", `${server.port}`, "mail", "3");
  await feeding.stdout.cancel();
  assertEquals((await feeding.status).success, true);
  await server.until("all are done", async () => (await store.counts()).done === 3);
  // Five may run at a time, so their order is not promised.
  assertEquals(seen.sort(), [0, 1, 2].map((number) => ["greet", `{"number":${number}}`, 1, 1, 0]));
  const [info] = await store.list("done", 1);
  assertEquals([info?.result, info?.key, info?.error], ['{"by":"us"}', null, null]);
});

redisTest("a program in Node shares the queue, and knows its jobs", async (server) => {
  const seen: unknown[] = [];
  const { store, consumer } = consume(server, "?queue=mail", seen);
  const worker = otherProgram(program, "work", `${server.port}`, "mail");
  try {
    const lines = worker.stdout.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await lines.read()).value, "ready\n");
    const task = newTask({ payload: '{"to":"Ada"}', retries: 2, timeout: 700 });
    const [id = ""] = await store.add([{ ...task, key: "k:1" }], 5000);
    await store.add(Array.from({ length: 50 }, () => task), 5000);
    const { value = "" } = await lines.read();
    const job = JSON.parse(value.split("\n")[0] ?? "");
    assertEquals(job.slice(1), ["greet", { to: "Ada" }, 3, 700]);
    await server.until("all are done", async () => {
      const { waiting, running } = await store.counts();
      return waiting + running === 0;
    });
    assertEquals((await store.show(id))?.key, "k:1");
    assertEquals((await store.show(job[0]))?.result, '{"by":"the other program"}');
    assert(seen.length > 0);
    await consumer.stop();
    await lines.cancel();
  } finally {
    worker.kill("SIGKILL");
    await worker.status;
  }
});

redisTest("no more tasks begin than the rate of the URL allows", async (server) => {
  const seen: unknown[] = [];
  const { store } = consume(server, "?limit=5/300ms", seen);
  const begin = performance.now();
  await store.add(Array.from({ length: 11 }, () => newTask()), 5000);
  await server.until("all are done", async () => (await store.counts()).done === 11);
  assert(performance.now() - begin >= 590, "11 tasks began in less than two periods");
});

redisTest("queues with other names and prefixes do not see the tasks", async (server) => {
  await server.store({}, "?queue=a&prefix=p").add([newTask()], 5000);
  assertEquals((await server.store({}, "?queue=b&prefix=p").counts()).waiting, 0);
  assertEquals((await server.store({}, "?queue=a").counts()).waiting, 0);
  assertEquals((await server.store({}, "?queue=a&prefix=p").counts()).waiting, 1);
});
