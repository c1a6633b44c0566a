import { claim, complete } from "../../../src/tasks/sqlite/claims.ts";
import { glance } from "../../../src/tasks/sqlite/glance.ts";
import { countTasks } from "../../../src/tasks/sqlite/inspection.ts";
import { addTask } from "../../../src/tasks/sqlite/new_rows.ts";
import { prune } from "../../../src/tasks/sqlite/pruning.ts";
import { setUp } from "../../../src/tasks/sqlite/task_schema.ts";
import type { Database } from "../../../src/system/system.ts";
import { assert, assertEquals } from "../../assert.ts";
import { newTask } from "../store_contract.ts";
import { until } from "../until.ts";
import { Bench } from "./bench.ts";

/** A database with so many tasks, which are there at once. */
function filled(bench: Bench, count: number, values: string): Database {
  const database = bench.database();
  setUp(database, bench.path);
  database.script(`
    PRAGMA synchronous = OFF;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    INSERT INTO task (state, priority, run_at, attempts, backoff, timeout, added_at, name, key, payload, ended_at)
    SELECT ${values} FROM n`);
  return database;
}

/** Milliseconds that the median of 200 steps takes, each of which takes a task and ends it. */
function stepTime(database: Database, step: () => void): number {
  const times: number[] = [];
  for (let round = 0; round < 200; round++) {
    const begin = performance.now();
    database.write(step);
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[100] ?? NaN;
}

Deno.test("sqlite: 1,000,000 tasks that wait slow neither claims nor counts nor looks", async () => {
  await using few = new Bench();
  await using many = new Bench();
  const waiting = "'waiting', i % 5, 1, 1, 0, 0, 1, 'greet', NULL, '{}', NULL";
  const delayed = "'delayed', 0, 9000000000000 + i, 1, 0, 0, 1, 'greet', NULL, '{}', NULL";
  const [small, large] = [filled(few, 1000, waiting), filled(many, 1_000_000, waiting)];
  filled(many, 100_000, delayed).close();
  const steps: ((database: Database) => void)[] = [
    (database) => {
      const { rows: [taken] } = claim(database, { owner: "me", leaseUntil: 2, now: 1 }, 1, true);
      assert(taken !== undefined);
      complete(database, taken, { now: 1, result: null, progress: null }, true);
    },
    (database) => void glance(database, "me"),
    (database) => void countTasks(database, 5),
    (database) => void addTask(database, newTask(), 5),
  ];
  for (const step of steps) {
    const [inFew, inMany] = [stepTime(small, () => step(small)), stepTime(large, () => step(large))];
    // A few more levels of a tree: it is 1.3 times as much on a machine that has nothing else to do.
    assert(inMany < 4 * inFew + 0.2, `${inMany} ms instead of ${inFew}`);
  }
  assertEquals(countTasks(large, 5).waiting, 1_000_000);
  small.close();
  large.close();
});

Deno.test("sqlite: of tasks that are done the newest 10,000 are kept, and those with a key as long as was asked for", async () => {
  await using bench = new Bench();
  const done = "'done', 0, 1, 1, 0, 0, 1, 'greet', iif(i % 4 = 0, 'key ' || i, NULL), '{}', 1000 + i";
  const database = filled(bench, 16_000, done);
  const pruneAll = (now: number) => {
    while (database.write(() => prune(database, now, 100_000)));
  };
  pruneAll(5000);
  assertEquals(countTasks(database, 5000).done, 10_000 + 4000);
  // Those that have ended up to 1000 + 8000.
  pruneAll(109_000);
  assertEquals(countTasks(database, 109_000).done, 6000 + 2000);
  pruneAll(200_000);
  assertEquals(countTasks(database, 200_000).done, 0);
  database.close();
});

Deno.test("sqlite: without retention a task is gone when it is done, and its key can be used again", async () => {
  await using bench = new Bench();
  const store = bench.open({ retention: 0 });
  const consumer = bench.consume(store);
  const [first = ""] = await store.add([newTask({ key: "once" })], 5000);
  await until("it is gone", async () => await store.show(first) === null);
  await consumer.stop();
  const [second] = await store.add([newTask({ key: "once" })], 5000);
  assert(second !== first);
  assertEquals((await store.counts()).done, 0);
});
