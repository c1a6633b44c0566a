import { assert, assertEquals } from "../../assert.ts";
import { newTask } from "../store_contract.ts";
import { until } from "../until.ts";
import { Bench } from "./bench.ts";

/** Starts worker_process.ts. `lines` are what it has printed. */
function start(...args: string[]) {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL("worker_process.ts", import.meta.url).pathname, ...args],
    stdout: "piped",
  }).spawn();
  const lines: string[] = [];
  const read = (async () => {
    let rest = "";
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      lines.push(...parts);
    }
  })();
  const kill = async () => {
    process.kill("SIGKILL");
    await process.status;
    await read;
  };
  return { lines, kill };
}

Deno.test("sqlite: what a killed process ran is taken by others as soon as they know", async () => {
  await using bench = new Bench();
  const store = bench.open({ lease: 60_000 });
  const ids = await store.add([newTask(), newTask()], 5000);
  const other = start("run", bench.path, "other", "60000");
  try {
    await until("both run", () => other.lines.length === 2);
  } finally {
    await other.kill();
  }
  const attempts: number[] = [];
  const consumer = bench.consume(store, {
    run: ({ attempt }) => Promise.resolve(void attempts.push(attempt)).then(() => null),
  });
  await until("it sees nothing to take", async () => (await store.counts()).running === 2);
  consumer.release("other");
  await until("both are done", async () => (await store.counts()).done === 2);
  assertEquals(attempts, [1, 1]);
  assertEquals((await store.show(ids[0] ?? ""))?.attempt, 1);
});

Deno.test("sqlite: what a killed process ran is taken by others when its leases have ended", async () => {
  await using bench = new Bench();
  const lease = 700;
  const store = bench.open({ lease });
  await store.add([newTask()], 5000);
  let runs = 0;
  const other = start("run", bench.path, "other", String(lease));
  try {
    await until("it runs", () => other.lines.length === 1);
    bench.consume(store, { run: () => Promise.resolve(void runs++).then(() => null) });
    const begin = performance.now();
    await until("several leases are over", () => performance.now() - begin > 3 * lease);
    assertEquals([runs, (await store.counts()).running], [0, 1]);
  } finally {
    await other.kill();
  }
  await until("it is done", async () => (await store.counts()).done === 1);
  assertEquals(runs, 1);
});

Deno.test("sqlite: no task is lost whose id a killed process was told", async () => {
  await using bench = new Bench();
  const other = start("add", bench.path);
  try {
    await until("some were added", () => other.lines.length >= 100);
  } finally {
    await other.kill();
  }
  const store = bench.open();
  const found = new Set((await store.list("waiting", 1_000_000)).map(({ id }) => id));
  assert(other.lines.every((id) => found.has(id)));
  assertEquals((await store.counts()).waiting, found.size);
});

Deno.test("sqlite: a task whose workers die five times while it runs is dead", async () => {
  await using bench = new Bench();
  const store = bench.open();
  const [id = ""] = await store.add([newTask({ retries: 9 })], 5000);
  const dead: string[] = [];
  const witness = bench.consume(store, {
    concurrency: 0,
    onDead: ({ id }, error) => void dead.push(`${id}: ${error}`),
  });
  for (let crash = 1; crash <= 5; crash++) {
    const dying = bench.open();
    const attempts: number[] = [];
    bench.consume(dying, {
      owner: `dying ${crash}`,
      run: ({ attempt }) => {
        attempts.push(attempt);
        return new Promise(() => {});
      },
    });
    await until("it runs", () => attempts.length === 1);
    assertEquals(attempts, [1]);
    await dying.close();
    witness.release(`dying ${crash}`);
    await until("it is taken back", async () => (await store.counts()).running === 0);
    assertEquals((await store.show(id))?.state, crash < 5 ? "waiting" : "dead");
  }
  const error = "its worker died 5 times while it ran";
  assertEquals((await store.show(id))?.error, error);
  await until("it is reported", () => dead.length === 1);
  assertEquals(dead, [`${id}: ${error}`]);
});

Deno.test("sqlite: tasks whose workers die three times run alone, so that one of them takes no other with it", async () => {
  await using bench = new Bench();
  const store = bench.open();
  const ids = await store.add([newTask(), newTask(), newTask()], 5000);
  const witness = bench.consume(store, { concurrency: 0 });
  for (let crash = 1; crash <= 3; crash++) {
    const dying = bench.open();
    let begun = 0;
    const run = () => new Promise<null>(() => void begun++);
    bench.consume(dying, { owner: `dying ${crash}`, concurrency: 3, run });
    await until("all run", () => begun === 3);
    await dying.close();
    witness.release(`dying ${crash}`);
    await until("they are taken back", async () => (await store.counts()).running === 0);
  }
  const [urgent = ""] = await store.add([newTask({ name: "urgent" })], 5000);
  // It comes first, and is no suspect.
  const database = bench.database();
  database.run("UPDATE task SET id = 0 WHERE id = ?", urgent);
  database.close();
  await store.add([newTask({ name: "last" })], 5000);
  const running = new Map<string, () => void>();
  const order: string[][] = [];
  bench.consume(store, {
    concurrency: 3,
    run: ({ id }) =>
      new Promise((resolve) => {
        running.set(id, () => resolve(null));
        order.push([...running.keys()]);
      }),
  });
  const next = async (count: number) => {
    await until("it has begun", () => order.length === count);
    const counts = await store.counts();
    for (const [id, end] of running) {
      running.delete(id);
      end();
    }
    return counts.running;
  };
  const counts = [];
  for (let count = 1; count <= 5; count++) counts.push(await next(count));
  const last = String(Number(urgent) + 1);
  assertEquals(order, [["0"], ...ids.map((id) => [id]), [last]]);
  assertEquals(counts, [1, 1, 1, 1, 1]);
  await until("all are done", async () => (await store.counts()).done === 5);
});

Deno.test("sqlite: a cancelled task whose process dies is dead, not tried again", async () => {
  await using bench = new Bench();
  const dying = bench.open();
  bench.consume(dying, { owner: "dying", run: () => new Promise(() => {}) });
  const [id = ""] = await dying.add([newTask({ retries: 9 })], 5000);
  await until("it runs", async () => (await dying.counts()).running === 1);
  await dying.close();
  const store = bench.open();
  assertEquals(await store.cancel(id), true);
  bench.consume(store).release("dying");
  await until("it is dead", async () => (await store.counts()).dead === 1);
  assertEquals((await store.show(id))?.error, "cancelled");
});

Deno.test("sqlite: what a process says of a task that it has lost does not count", async () => {
  await using bench = new Bench();
  const slow = bench.open({ lease: 600 });
  const gate = Promise.withResolvers<void>();
  let isAborted = false;
  bench.consume(slow, {
    owner: "slow",
    run: async ({ abort: { signal } }) => {
      signal.addEventListener("abort", () => isAborted = true);
      await gate.promise;
      return '"late"';
    },
  });
  const [id = ""] = await slow.add([newTask()], 5000);
  await until("it runs", async () => (await slow.counts()).running === 1);
  const other = bench.open();
  const second = Promise.withResolvers<void>();
  bench.consume(other, {
    owner: "other",
    run: async () => {
      await second.promise;
      return '"in time"';
    },
  }).release("slow");
  await until("the first process knows", () => isAborted);
  gate.resolve();
  second.resolve();
  await until("it is done", async () => (await other.counts()).done === 1);
  assertEquals((await other.show(id))?.result, '"in time"');
});
