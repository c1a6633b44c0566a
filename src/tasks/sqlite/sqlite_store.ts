/**
 * Tasks in a file of SQLite, which all processes of a server open. Adding and running them is safe against the death of any
 * process and, with `isDurable`, of the machine.
 */

import type { Database, System } from "../../system/system.ts";
import type { StoreOptions, TaskStore } from "../task_store.ts";
import { replaceEntries } from "./cron_table.ts";
import { countTasks, listTasks, showTask } from "./inspection.ts";
import { addTask } from "./new_rows.ts";
import { cancelTask, changedAtOnce, lastTaskId, purgeState, retryDead, setPaused } from "./operations.ts";
import { SqliteConsumer } from "./sqlite_consumer.ts";
import { StoreFile, type StorePlace } from "./store_file.ts";
import { WriteQueue } from "./write_queue.ts";

/** Milliseconds that an operator's command waits for a lock. */
const timeout = 5000;

/** Opens nothing until it is used. */
export function sqliteStore(system: System, place: StorePlace, options: StoreOptions): TaskStore {
  const consumers: SqliteConsumer[] = [];
  const report = (problem: string | null) => consumers.forEach((consumer) => consumer.report(problem));
  const queue = new WriteQueue(system, new StoreFile(system, place), report);
  const wake = () => consumers.forEach((consumer) => consumer.wake());
  const now = () => system.clock.wall();

  /** Changes many rows in several transactions, so that others can write in between. */
  const inParts = async (action: string, work: (database: Database) => number) => {
    for (let total = 0;;) {
      const changed = await queue.writeToLast(action, timeout, work);
      total += changed;
      if (changed < changedAtOnce) return total;
    }
  };

  return {
    place: `sqlite:${place.path}`,
    wakesConsumers: false,
    async add(tasks, timeout) {
      const names = new Set(tasks.map(({ name }) => name));
      const action = names.size === 1 ? `add the task ${tasks[0]?.name}` : `add ${tasks.length} tasks`;
      const ids = await queue.writeToLast(
        action,
        timeout,
        (db) => tasks.map((task) => addTask(db, task, now())),
      );
      wake();
      return ids;
    },
    consume(consumer) {
      const created = new SqliteConsumer(system, queue, consumer, options);
      consumers.push(created);
      return created;
    },
    counts: () => queue.read("count the tasks", timeout, (db) => countTasks(db, now())),
    list: (state, limit) => queue.read("list the tasks", timeout, (db) => listTasks(db, state, limit)),
    show: (id) => queue.read("show the task", timeout, (db) => isId(id) ? showTask(db, Number(id)) : null),
    async retry(id) {
      if (id !== null && !isId(id)) return 0;
      const begin = now();
      const action = "retry dead tasks";
      const retried = id === null
        ? await inParts(action, (db) => retryDead(db, null, now(), begin))
        : await queue.writeToLast(action, timeout, (db) => retryDead(db, Number(id), now(), begin));
      wake();
      return retried;
    },
    async cancel(id) {
      if (!isId(id)) return false;
      const done = await queue.writeToLast(
        `cancel the task ${id}`,
        timeout,
        (db) => cancelTask(db, Number(id)),
      );
      if (done === "marked") consumers.forEach((consumer) => consumer.abort(id));
      return done !== "none";
    },
    async purge(state) {
      const lastId = await queue.read("remove tasks", timeout, lastTaskId);
      return await inParts("remove tasks", (db) => purgeState(db, state, lastId));
    },
    pause: () => queue.writeToLast("pause the tasks", timeout, (db) => setPaused(db, true)),
    async resume() {
      await queue.writeToLast("resume the tasks", timeout, (db) => setPaused(db, false));
      wake();
    },
    schedule: async (entries) => {
      await queue.writeToLast("schedule tasks", timeout, (db) => replaceEntries(db, entries, now()));
      wake();
    },
    async close() {
      consumers.forEach((consumer) => consumer.end());
      await queue.close();
    },
  };
}

/** Ids are whole numbers; anything else is no task's. */
function isId(id: string): boolean {
  return /^[1-9]\d{0,14}$/.test(id);
}
