/** What holds for every store. Each test gets a place of its own, and opens it as several processes would. */

import { decodePayload, encodePayload } from "../../src/tasks/payload.ts";
import {
  type Consumer,
  type ConsumerOptions,
  type CronTask,
  type NewTask,
  type TakenTask,
  TaskFailure,
  TaskPutOff,
  type TaskState,
  type TaskStore,
  TaskStoreError,
} from "../../src/tasks/task_store.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { until } from "./until.ts";

/** A place where tasks wait, empty at first. */
export interface ContractPlace {
  /** Another view on the same tasks, as another process has it. */
  open(): TaskStore;
  /** Called when all stores are closed. */
  remove(): Promise<void> | void;
}

interface Bench {
  open(): TaskStore;
  /** Consumes with a store of its own. */
  consume(
    options: Partial<ConsumerOptions> & Pick<ConsumerOptions, "run">,
  ): { consumer: Consumer; store: TaskStore };
}

const timeout = 5000;

export function newTask(over: Partial<NewTask> = {}): NewTask {
  return {
    name: "greet",
    payload: encodePayload({ to: "Ada" }),
    runAt: 0,
    retries: 0,
    backoff: 10,
    priority: 0,
    timeout: 0,
    key: null,
    ...over,
  };
}

/** `skip`: why the store cannot be tested here. */
export function storeContract(
  name: string,
  create: () => Promise<ContractPlace> | ContractPlace,
  skip: string | null = null,
): void {
  const test = (what: string, body: (bench: Bench) => Promise<void>) =>
    Deno.test({
      name: `${name}: ${what}${skip === null ? "" : ` (${skip})`}`,
      ignore: skip !== null,
      fn: async () => {
        const place = await create();
        const stores: TaskStore[] = [];
        const consumers: Consumer[] = [];
        const open = () => {
          const store = place.open();
          stores.push(store);
          return store;
        };
        try {
          await body({
            open,
            consume(options) {
              const store = open();
              const consumer = store.consume({
                concurrency: 1,
                owner: `process ${stores.length}`,
                onState: () => {},
                onDead: () => {},
                ...options,
              });
              consumers.push(consumer);
              return { consumer, store };
            },
          });
        } finally {
          const stopped = consumers.map((consumer) => consumer.stop());
          await Promise.all(consumers.map((consumer) => consumer.giveBack()));
          await Promise.all(stopped);
          for (const store of stores) await store.close();
          await place.remove();
        }
      },
    });

  test("a task runs with its payload, and its result is kept", async ({ consume }) => {
    const taken: TakenTask[] = [];
    const { store, consumer } = consume({
      run: (task) => {
        taken.push(task);
        return Promise.resolve(encodePayload({ sent: true }));
      },
    });
    const [id = ""] = await store.add([newTask({ retries: 2, timeout: 700 })], timeout);
    consumer.wake();
    const info = await until("done", async () => await endedAs(store, id, "done"));
    assertEquals(taken.length, 1);
    const [task] = taken;
    assertEquals([task?.id, task?.name, task?.attempt, task?.attempts, task?.timeout], [
      id,
      "greet",
      1,
      3,
      700,
    ]);
    assertEquals(task?.payload(), { to: "Ada" });
    assertEquals(decodePayload(info.result ?? ""), { sent: true });
    assertEquals([info.name, info.attempt, info.attempts, info.error], ["greet", 1, 3, null]);
    assert(info.addedAt <= (info.startedAt ?? 0) && (info.startedAt ?? 0) <= (info.endedAt ?? 0));
    assertEquals((await store.counts()).done, 1);
  });

  test("payloads may be long, in any script, and more than JSON has words for", async ({ consume }) => {
    const payloads = [
      "x".repeat(200_000),
      { text: "\u017c\u00f3\u0142w 🎉 \u0000 \u2028" },
      new Map([[1, new Date(5)]]),
      null,
      [[]],
    ];
    const seen = new Map<string, unknown>();
    const { store, consumer } = consume({
      run: (task) => {
        const payload = task.payload();
        seen.set(task.id, payload);
        return Promise.resolve(encodePayload(payload));
      },
    });
    const ids = await store.add(
      payloads.map((value) => newTask({ payload: encodePayload(value) })),
      timeout,
    );
    consumer.wake();
    await until("all ran", () => seen.size === payloads.length);
    assertEquals(ids.map((id) => seen.get(id)), payloads);
    const last = ids.at(-1) ?? "";
    assertEquals(decodePayload((await until("done", () => endedAs(store, last, "done"))).result ?? ""), [[]]);
  });

  test("no more tasks run at a time than may", async ({ consume }) => {
    const gate = Promise.withResolvers<void>();
    let [running, most] = [0, 0];
    const { store, consumer } = consume({
      concurrency: 3,
      run: async () => {
        most = Math.max(most, ++running);
        await gate.promise;
        running--;
        return null;
      },
    });
    await store.add(Array.from({ length: 7 }, () => newTask()), timeout);
    consumer.wake();
    await until("three run", () => running === 3);
    assertEquals(consumer.running.length, 3);
    await until("the others wait", async () => (await store.counts()).waiting === 4);
    assertEquals((await store.list("running", 10)).length, 3);
    gate.resolve();
    await until("all are done", async () => (await store.counts()).done === 7);
    assertEquals(most, 3);
    assertEquals(consumer.running.length, 0);
  });

  test("smaller priorities run first, and equal ones in the order they were added", async ({ open, consume }) => {
    const names: string[] = [];
    const adding = open();
    const priorities: [string, number][] = [["e", 9], ["c", 1], ["a", 0], ["d", 1], ["b", 0]];
    for (const [name, priority] of priorities) await adding.add([newTask({ name, priority })], timeout);
    assertEquals((await adding.list("waiting", 3)).map(({ name }) => name), ["a", "b", "c"]);
    consume({ run: ({ name }) => Promise.resolve(void names.push(name)).then(() => null) });
    await until("all ran", () => names.length === 5);
    assertEquals(names, ["a", "b", "c", "d", "e"]);
  });

  test("a delayed task runs when its time has come, without being asked for", async ({ consume }) => {
    const started: number[] = [];
    const { store, consumer } = consume({
      run: () => Promise.resolve(void started.push(Date.now())).then(() => null),
    });
    const runAt = Date.now() + 2_000;
    const [id = ""] = await store.add([newTask({ runAt })], timeout);
    consumer.wake();
    const info = await store.show(id);
    assertEquals(info?.state, "delayed");
    // A store that counts from when it is asked is late by what that took.
    const off = (info?.runAt ?? 0) - runAt;
    assert(off >= -2 && off < 1_000, `${off} ms off`);
    assertEquals((await store.counts()).delayed, 1);
    await until("it ran", () => started.length === 1);
    const late = (started[0] ?? 0) - runAt;
    assert(late >= -2 && late < 2000, `it ran ${late} ms late`);
  });

  test("a task that fails is tried again, and its last error is kept", async ({ consume }) => {
    const attempts: number[] = [];
    const { store, consumer } = consume({
      run: ({ attempt }) => {
        attempts.push(attempt);
        return attempt < 3 ? Promise.reject(new TaskFailure(`no luck ${attempt}`)) : Promise.resolve(null);
      },
    });
    const [id = ""] = await store.add([newTask({ retries: 3 })], timeout);
    consumer.wake();
    const info = await until("done", async () => await endedAs(store, id, "done"));
    assertEquals(attempts, [1, 2, 3]);
    assertEquals([info.attempt, info.attempts], [3, 4]);
  });

  test("a task waits for its next attempt for at most 30 days", async ({ consume }) => {
    const { store, consumer } = consume({ run: () => Promise.reject(new TaskFailure("boom")) });
    // What many attempts make of a backoff that is allowed.
    const [id = ""] = await store.add([newTask({ retries: 100, backoff: 2 ** 52 })], timeout);
    consumer.wake();
    const info = await until("it is tried again later", async () => await endedAs(store, id, "delayed"));
    const days = (info.runAt - Date.now()) / 86_400_000;
    assert(days > 14.9 && days < 30.1, `in ${days} days`);
    assertEquals((await store.list("delayed", 10)).length, 1);
  });

  test("a task that has failed for the last time is dead, and runs again when an operator says so", async ({ consume }) => {
    let isMended = false;
    const attempts: number[] = [];
    const { store, consumer } = consume({
      run: ({ attempt }) => {
        attempts.push(attempt);
        return isMended ? Promise.resolve(null) : Promise.reject(new TaskFailure("out of order"));
      },
    });
    const [id = ""] = await store.add([newTask({ retries: 1 })], timeout);
    consumer.wake();
    const dead = await until("dead", async () => await endedAs(store, id, "dead"));
    assert(dead.error?.includes("out of order"));
    assert(dead.endedAt !== null);
    assertEquals([dead.attempt, attempts], [2, [1, 2]]);
    assertEquals((await store.list("dead", 10)).map(({ id }) => id), [id]);
    isMended = true;
    assertEquals(await store.retry(id), 1);
    consumer.wake();
    await until("done", async () => await endedAs(store, id, "done"));
    assertEquals(attempts, [1, 2, 1]);
    assertEquals(await store.retry(id), 0);
  });

  test("a failure that is final is not tried again, and all dead tasks can be tried again at once", async ({ consume }) => {
    let runs = 0;
    const { store, consumer } = consume({
      run: () => {
        runs++;
        return Promise.reject(new TaskFailure("wrong address", true));
      },
    });
    await store.add([newTask({ retries: 5 }), newTask({ retries: 5 })], timeout);
    consumer.wake();
    await until("both are dead", async () => (await store.counts()).dead === 2);
    assertEquals(runs, 2);
    await store.pause();
    assertEquals(await store.retry(null), 2);
    assertEquals((await store.counts()).waiting, 2);
    assertEquals((await store.counts()).dead, 0);
  });

  test("a task that a process puts off is delayed, and the attempt does not count", async ({ consume }) => {
    const attempts: number[] = [];
    const { store, consumer } = consume({
      run: ({ attempt }) => {
        attempts.push(attempt);
        return attempts.length === 1
          ? Promise.reject(new TaskPutOff("unknown here", 300))
          : Promise.resolve(null);
      },
    });
    const [id = ""] = await store.add([newTask({ retries: 0 })], timeout);
    consumer.wake();
    await until("it is put off", async () => (await store.counts()).delayed === 1);
    await until("done", async () => await endedAs(store, id, "done"));
    assertEquals(attempts, [1, 1]);
  });

  test("a key makes adding idempotent, also when the task is done", async ({ open, consume }) => {
    const store = open();
    const [first, second] = await store.add(
      [newTask({ key: "order 7:ü" }), newTask({ key: "order 7:ü" })],
      timeout,
    );
    const [third] = await open().add([newTask({ key: "order 7:ü", name: "other" })], timeout);
    assertEquals([second, third], [first, first]);
    assertEquals((await store.counts()).waiting, 1);
    const { consumer } = consume({ run: () => Promise.resolve(null) });
    consumer.wake();
    const info = await until("done", async () => await endedAs(store, first ?? "", "done"));
    assertEquals([info.key, info.name], ["order 7:ü", "greet"]);
    assertEquals(
      await store.add([newTask({ key: "order 7:ü" }), newTask()], timeout).then(([id]) => id),
      first,
    );
    await until("only the one without a key ran", async () => (await store.counts()).done === 2);
  });

  test("a task that waits can be cancelled, one that has ended cannot", async ({ open, consume }) => {
    const store = open();
    const [waiting = "", delayed = "", kept = ""] = await store.add(
      [newTask(), newTask({ runAt: Date.now() + 60_000 }), newTask()],
      timeout,
    );
    assertEquals([await store.cancel(waiting), await store.cancel(delayed)], [true, true]);
    assertEquals([await store.show(waiting), await store.show(delayed)], [null, null]);
    consume({ run: () => Promise.resolve(null) });
    await until("done", async () => await endedAs(store, kept, "done"));
    assertEquals([await store.cancel(kept), await store.cancel(waiting), await store.cancel("nothing")], [
      false,
      false,
      false,
    ]);
    assertEquals([await store.show("nothing"), await store.show("999999999")], [null, null]);
  });

  test("a task that another process runs can be cancelled: its signal aborts, and it is not tried again", async ({ open, consume }) => {
    let runs = 0;
    const { consumer } = consume({
      run: ({ abort: { signal } }) => {
        runs++;
        return aborted(signal);
      },
    });
    const store = open();
    const [id = ""] = await store.add([newTask({ retries: 5 })], timeout);
    consumer.wake();
    await until("it runs", () => runs === 1);
    assertEquals(await store.cancel(id), true);
    consumer.wake();
    const info = await until("dead", async () => await endedAs(store, id, "dead"));
    assertEquals([info.error, runs], ["cancelled", 1]);
  });

  test("no task is taken while the store is paused", async ({ open, consume }) => {
    let runs = 0;
    const store = open();
    await store.pause();
    assertEquals((await store.counts()).isPaused, true);
    const { consumer } = consume({ run: () => Promise.resolve(void runs++).then(() => null) });
    await store.add([newTask(), newTask({ priority: 1 })], timeout);
    consumer.wake();
    const begin = Date.now();
    await until("the oldest task is seen to wait", async () => (await store.counts()).oldest > 50);
    assert(Date.now() - begin < 5000);
    assertEquals(runs, 0);
    assertEquals((await store.counts()).waiting, 2);
    await store.resume();
    consumer.wake();
    await until("both ran", async () => (await store.counts()).done === 2);
    assertEquals((await store.counts()).isPaused, false);
    assertEquals((await store.counts()).oldest, 0);
  });

  test("all tasks of a state can be removed", async ({ open, consume }) => {
    const store = open();
    const later = Date.now() + 60_000;
    await store.add([newTask({ name: "good" }), newTask({ name: "bad" })], timeout);
    const { consumer } = consume({
      run: ({ name }) => name === "good" ? Promise.resolve(null) : Promise.reject(new TaskFailure("no")),
    });
    await until(
      "both have ended",
      async () => (await store.counts()).done + (await store.counts()).dead === 2,
    );
    await consumer.stop();
    await store.add([newTask(), newTask(), newTask({ priority: 5 }), newTask({ runAt: later })], timeout);
    const removed = [];
    for (const state of ["waiting", "delayed", "done", "dead"] as const) {
      removed.push(await store.purge(state));
    }
    assertEquals(removed, [3, 1, 1, 1]);
    const { oldest: _, ...counts } = await store.counts();
    assertEquals(counts, { waiting: 0, delayed: 0, running: 0, done: 0, dead: 0, isPaused: false });
  });

  test("a consumer that stops ends its tasks and takes no more", async ({ consume }) => {
    const gate = Promise.withResolvers<void>();
    const { store, consumer } = consume({ run: () => gate.promise.then(() => null) });
    await store.add([newTask(), newTask()], timeout);
    consumer.wake();
    await until("one runs", () => consumer.running.length === 1);
    let isStopped = false;
    const stopped = consumer.stop().then(() => isStopped = true);
    assertEquals((await store.counts()).running, 1);
    assertEquals(isStopped, false);
    gate.resolve();
    await stopped;
    const { done, waiting, running } = await store.counts();
    assertEquals([done, waiting, running], [1, 1, 0]);
  });

  test("what is given back is taken by another process at once, and the attempt does not count", async ({ consume }) => {
    let isAborted = false;
    const first = consume({
      run: async ({ abort: { signal } }) => {
        await aborted(signal).catch(() => isAborted = true);
        return null;
      },
    });
    const [id = ""] = await first.store.add([newTask()], timeout);
    first.consumer.wake();
    await until("it runs", () => first.consumer.running.length === 1);
    const stopped = first.consumer.stop();
    await first.consumer.giveBack();
    await stopped;
    assertEquals((await first.store.show(id))?.state, "waiting");
    const attempts: number[] = [];
    const begin = performance.now();
    consume({ run: ({ attempt }) => Promise.resolve(void attempts.push(attempt)).then(() => null) });
    const info = await until("done", async () => await endedAs(first.store, id, "done"));
    assert(performance.now() - begin < 2000, "it had to wait for the end of a lease");
    assertEquals([attempts, info.attempt, isAborted], [[1], 1, true]);
  });

  test("how far a task is can be seen", async ({ consume }) => {
    const gate = Promise.withResolvers<void>();
    const { store, consumer } = consume({
      run: async (task) => {
        task.progress(10);
        task.progress(42);
        await gate.promise;
        return null;
      },
    });
    const [id = ""] = await store.add([newTask()], timeout);
    consumer.wake();
    await until("its progress is stored", async () => (await store.show(id))?.progress === 42);
    gate.resolve();
    const info = await until("done", async () => await endedAs(store, id, "done"));
    assertEquals(info.progress, 42);
  });

  test("what has ended is listed with the newest first", async ({ consume }) => {
    const { store, consumer } = consume({ run: () => Promise.resolve(null) });
    const ids: string[] = [];
    for (let round = 0; round < 3; round++) {
      const [id = ""] = await store.add([newTask(round === 1 ? { key: "middle" } : {})], timeout);
      ids.push(id);
      consumer.wake();
      const { endedAt } = await until("done", async () => await endedAs(store, id, "done"));
      await until("the next one ends later", () => Date.now() > (endedAt ?? 0));
    }
    assertEquals((await store.list("done", 2)).map(({ id }) => id), ids.reverse().slice(0, 2));
    assertEquals(await store.list("waiting", 2), []);
  });

  test("two processes share the tasks: each runs once", async ({ open, consume }) => {
    const runs = new Map<string, number>();
    const run = ({ id }: TakenTask) => {
      runs.set(id, (runs.get(id) ?? 0) + 1);
      return Promise.resolve(null);
    };
    const consumers = [consume({ concurrency: 5, run }), consume({ concurrency: 5, run })];
    const store = open();
    const added: string[] = [];
    for (let round = 0; round < 10; round++) {
      const tasks = Array.from({ length: 50 }, () => newTask());
      const adding = [store.add(tasks.slice(0, 25), timeout), store.add(tasks.slice(25), timeout)];
      added.push(...(await Promise.all(adding)).flat());
      for (const { consumer } of consumers) consumer.wake();
    }
    await until("all are done", async () => (await store.counts()).done === 500);
    assertEquals(new Set(added).size, 500);
    assertEquals([...runs.values()].every((count) => count === 1), true);
    assertEquals(runs.size, 500);
  });

  test("a schedule adds its task once for all processes, until it is replaced", async ({ open, consume }) => {
    const run = () => Promise.resolve(null);
    const entry: CronTask = {
      name: "every second",
      schedule: "* * * * * *",
      timezone: undefined,
      task: newTask({ name: "tick" }),
    };
    const store = open();
    const consumers = [consume({ run }), consume({ run })];
    for (const { store } of consumers) await store.schedule([entry]);
    for (const { consumer } of consumers) consumer.wake();
    await until("it ran three times", async () => (await store.counts()).done >= 3);
    const done = await store.list("done", 100);
    assertEquals(new Set(done.map(({ name }) => name)), new Set(["tick"]));
    const seconds = done.map(({ runAt }) => Math.floor(runAt / 1000));
    assertEquals(new Set(seconds).size, seconds.length, `twice for one second: ${seconds}`);
    await store.schedule([{ ...entry, name: "now and then", schedule: "0 0 1 1 *" }]);
    const replacedAt = Date.now();
    const before = (await store.counts()).done;
    await until("more seconds passed", () => Date.now() > replacedAt + 2500);
    // One may have been on its way.
    assert((await store.counts()).done <= before + 1);
  });

  test("a store that is closed says so", async ({ open }) => {
    const store = open();
    await store.counts();
    await store.close();
    await assertRejects(() => store.add([newTask()], 100), TaskStoreError, "cannot add the task greet: ");
  });
}

async function endedAs(store: TaskStore, id: string, state: TaskState) {
  const info = await store.show(id);
  return info?.state === state ? info : null;
}

/** Rejects when the signal aborts. */
function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((_, reject) => {
    const fail = () => reject(new TaskFailure("it was aborted"));
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail);
  });
}
