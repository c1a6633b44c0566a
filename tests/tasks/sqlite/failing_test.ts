import { createSystem } from "../../../src/system/deno_system.ts";
import { TaskFailure, TaskStoreError } from "../../../src/tasks/task_store.ts";
import { assert, assertEquals, assertRejects } from "../../assert.ts";
import { newTask } from "../store_contract.ts";
import { until } from "../until.ts";
import { Bench, systemWithDatabases } from "./bench.ts";

const large = newTask({ payload: JSON.stringify("x".repeat(1_000_000)) });

Deno.test("sqlite: on a full disk nothing is added, and what was added stays", async () => {
  await using bench = new Bench();
  const { system, run } = systemWithDatabases("PRAGMA max_page_count = 60");
  const store = bench.open({ system });
  const [id = ""] = await store.add([newTask()], 5000);
  const error = await assertRejects(() => store.add([large], 5000), TaskStoreError);
  assertEquals(
    error.message,
    `cannot add the task greet: the disk of ${bench.path} is full: free some space`,
  );
  assertEquals((await store.show(id))?.state, "waiting");
  // What is small still fits, also in one turn with what does not.
  const results = await Promise.allSettled([store.add([large], 5000), store.add([newTask()], 5000)]);
  assertEquals(results.map(({ status }) => status), ["rejected", "fulfilled"]);
  run("PRAGMA max_page_count = 100000");
  await store.add([large], 5000);
  assertEquals((await store.counts()).waiting, 3);
});

Deno.test("sqlite: on a file system that is full nothing is added, and it goes on when there is space", async () => {
  await using bench = new Bench();
  const folder = `${bench.folder}/small`;
  Deno.mkdirSync(folder);
  const mount = (...args: string[]) =>
    new Deno.Command(args[0] ?? "", { args: args.slice(1), stderr: "null" }).outputSync();
  const isMounted = Deno.build.os === "linux" && Deno.uid() === 0 &&
    mount("mount", "-t", "tmpfs", "-o", "size=400k", "none", folder).success;
  // Only root may mount, and not in every container.
  if (!isMounted) return;
  try {
    const store = bench.open({ path: `${folder}/tasks.db`, isDurable: true });
    const [first = ""] = await store.add([newTask()], 5000);
    const ids: string[] = [];
    const error = await assertRejects(async () => {
      for (;;) ids.push(...await store.add([newTask({ payload: JSON.stringify("x".repeat(20_000)) })], 5000));
    }, TaskStoreError);
    assert(error.message.endsWith(`the disk of ${folder}/tasks.db is full: free some space`), error.message);
    assertEquals((await store.counts()).waiting, ids.length + 1);
    mount("mount", "-o", "remount,size=4m", folder);
    const [last = ""] = await store.add([newTask()], 5000);
    const found = new Set((await store.list("waiting", 1000)).map(({ id }) => id));
    assert([first, ...ids, last].every((id) => found.has(id)));
    await store.close();
  } finally {
    mount("umount", "-l", folder);
  }
});

Deno.test("sqlite: a result that cannot be stored is kept, and stored when that works again", async () => {
  await using bench = new Bench();
  const { system, run } = systemWithDatabases("PRAGMA max_page_count = 60");
  const store = bench.open({ system });
  const gate = Promise.withResolvers<void>();
  bench.consume(store, { run: () => gate.promise.then(() => large.payload) });
  const [id = ""] = await store.add([newTask()], 5000);
  await until("it runs", async () => (await store.counts()).running === 1);
  gate.resolve();
  await until("the failure is reported", () => bench.states.length === 1);
  assert(bench.states[0]?.endsWith("is full: free some space"), String(bench.states[0]));
  run("PRAGMA max_page_count = 100000");
  await until("it is stored", async () => (await store.counts()).done === 1);
  assertEquals((await store.show(id))?.result, large.payload);
  assertEquals(bench.states.slice(1), [null]);
});

Deno.test("sqlite: a damaged file is reported once, and consumers go on when it was replaced", async () => {
  await using bench = new Bench();
  Deno.writeTextFileSync(bench.path, "This is not a database. ".repeat(1000));
  const store = bench.open();
  const consumer = bench.consume(store);
  const error = await assertRejects(() => store.add([newTask()], 5000), TaskStoreError);
  const cause = `${bench.path} is damaged or not a database: move the file away or put back a copy, ` +
    "or choose another --task-store";
  assertEquals(error.message, `cannot add the task greet: ${cause}`);
  consumer.wake();
  await assertRejects(() => store.counts(), TaskStoreError, `cannot count the tasks: ${cause}`);
  Deno.removeSync(bench.path);
  const [id = ""] = await store.add([newTask()], 5000);
  await until("it is done", async () => (await store.show(id))?.state === "done");
  assertEquals(bench.states.length, 2);
  assert(bench.states[0]?.includes(cause));
  assertEquals(bench.states[1], null);
});

Deno.test("sqlite: a file of another program or of a newer version is left alone", async () => {
  await using bench = new Bench();
  const other = bench.database();
  other.script("CREATE TABLE task (id INTEGER)");
  const store = bench.open();
  await assertRejects(
    () => store.add([newTask()], 5000),
    TaskStoreError,
    `cannot use the task store: ${bench.path} is the database of another program: choose another --task-store`,
  );
  other.script("DROP TABLE task");
  await store.add([newTask()], 5000);
  await store.close();
  other.script("PRAGMA user_version = 99");
  other.close();
  await assertRejects(() => bench.open().counts(), TaskStoreError, "has tables of version 99");
});

Deno.test("sqlite: a directory that does not exist is named, and used as soon as it is there", async () => {
  await using bench = new Bench();
  const path = `${bench.folder}/later/tasks.db`;
  const store = bench.open({ path });
  const error = await assertRejects(() => store.add([newTask()], 5000), TaskStoreError);
  assert(error.message.startsWith(`cannot add the task greet: ${path} cannot be opened (`), error.message);
  Deno.mkdirSync(`${bench.folder}/later`);
  await store.add([newTask()], 5000);
});

Deno.test("sqlite: a file that cannot be written to can still be looked at", async () => {
  await using bench = new Bench();
  await bench.open().add([newTask()], 5000);
  const { system, run } = systemWithDatabases("");
  const store = bench.open({ system });
  assertEquals((await store.counts()).waiting, 1);
  run("PRAGMA query_only = 1");
  const error = await assertRejects(() => store.add([newTask()], 5000), TaskStoreError);
  assert(
    error.message.startsWith(`cannot add the task greet: ${bench.path} cannot be written to: `),
    error.message,
  );
  assertEquals((await store.counts()).waiting, 1);
});

Deno.test("sqlite: a lock of another program is waited for, as long as the caller gives it time", async () => {
  await using bench = new Bench();
  const store = bench.open();
  await store.counts();
  const other = bench.database();
  other.script("BEGIN IMMEDIATE");
  const begin = performance.now();
  const error = await assertRejects(() => store.add([newTask()], 200), TaskStoreError);
  assert(performance.now() - begin >= 200);
  assertEquals(
    error.message,
    `cannot add the task greet: ${bench.path} is locked by another program: end that program, or choose another ` +
      "--task-store",
  );
  const added = store.add([newTask()], 60_000);
  // What only reads does not wait.
  assertEquals((await store.counts()).waiting, 0);
  other.script("COMMIT");
  await added;
  other.close();
  assertEquals((await store.counts()).waiting, 1);
});

Deno.test("sqlite: a lock that lasts is reported to those who take tasks, and they go on when it is gone", async () => {
  await using bench = new Bench();
  const store = bench.open();
  await store.add([newTask()], 5000);
  const other = bench.database();
  other.script("BEGIN IMMEDIATE");
  // A lock that was there for a moment, long before, is none that lasts.
  await assertRejects(() => store.add([newTask()], 50), TaskStoreError);
  bench.consume(store);
  await until("the lock is reported", () => bench.states.length === 1);
  assert(bench.states[0]?.includes("is locked by another program"), String(bench.states[0]));
  other.script("COMMIT");
  other.close();
  await until("the task is done", async () => (await store.counts()).done === 1);
  assertEquals(bench.states.slice(1), [null]);
});

Deno.test("sqlite: a file that was removed is noticed, and a new one is begun", async () => {
  await using bench = new Bench();
  const store = bench.open({ lease: 600 });
  let isAborted = false;
  const run = ({ abort: { signal } }: { abort: AbortController }) =>
    new Promise<null>((_, reject) =>
      signal.addEventListener("abort", () => {
        isAborted = true;
        reject(new TaskFailure("aborted"));
      })
    );
  const consumer = bench.consume(store, { run });
  await store.add([newTask()], 5000);
  await until("it runs", () => consumer.running.length === 1);
  for (const suffix of ["", "-wal", "-shm"]) Deno.removeSync(bench.path + suffix);
  await until("its process knows that it is gone", () => isAborted);
  await store.add([newTask()], 5000);
  assert(Deno.statSync(bench.path).isFile);
  await until("the new one runs", () => consumer.running.length === 1);
});

Deno.test("sqlite: where SQLite cannot be loaded, that is said, and everything goes on when it can", async () => {
  await using bench = new Bench();
  const system = createSystem();
  let isBroken = true;
  const store = bench.open({
    system: {
      ...system,
      databases: () => isBroken ? Promise.reject(new Error("Module not found")) : system.databases(),
    },
  });
  const message =
    "cannot use the task store: SQLite cannot be loaded (Module not found): install Denicorn again, " +
    "or choose another --task-store";
  bench.consume(store);
  assertEquals((await assertRejects(() => store.add([newTask()], 5000), TaskStoreError)).message, message);
  assertEquals((await assertRejects(() => store.counts(), TaskStoreError)).message, message);
  await until("it is reported", () => bench.states.length === 1);
  assertEquals(bench.states, [message]);
  isBroken = false;
  const [id = ""] = await store.add([newTask()], 5000);
  await until("it is done", async () => (await store.show(id))?.state === "done");
  assertEquals(bench.states, [message, null]);
});

Deno.test("sqlite: a store that could never be loaded can be closed", async () => {
  await using bench = new Bench();
  const databases = () => Promise.reject(new Error("Module not found"));
  const store = bench.open({ system: { ...createSystem(), databases } });
  const consumer = bench.consume(store);
  consumer.release("another process");
  const adding = assertRejects(() => store.add([newTask()], 5000), TaskStoreError);
  await store.close();
  await adding;
  await assertRejects(() => store.add([newTask()], 5000), TaskStoreError, "the task store is closed");
});
