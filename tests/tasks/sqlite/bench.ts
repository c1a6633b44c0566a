/** Stores on one file, as several processes open it. */

import { createSystem } from "../../../src/system/deno_system.ts";
import { databases } from "../../../src/system/database/sqlite_database.ts";
import type { Database, System } from "../../../src/system/system.ts";
import { sqliteStore } from "../../../src/tasks/sqlite/sqlite_store.ts";
import type { Consumer, ConsumerOptions, StoreOptions, TaskStore } from "../../../src/tasks/task_store.ts";

interface Opening extends Partial<StoreOptions> {
  readonly system?: System;
  readonly path?: string;
  readonly isDurable?: boolean;
}

export class Bench {
  readonly folder = Deno.makeTempDirSync();
  readonly path = `${this.folder}/tasks.db`;
  /** Every state that the consumers have told of, in order. */
  readonly states: (string | null)[] = [];
  readonly #stores: TaskStore[] = [];
  readonly #consumers: Consumer[] = [];

  open({ system = createSystem(), path = this.path, isDurable = false, ...over }: Opening = {}): TaskStore {
    const store = sqliteStore(system, { path, isDurable }, { lease: 5000, retention: 10 ** 12, ...over });
    this.#stores.push(store);
    return store;
  }

  consume(store: TaskStore, options: Partial<ConsumerOptions> = {}): Consumer {
    const consumer = store.consume({
      concurrency: 1,
      owner: `process ${this.#consumers.length}`,
      run: () => Promise.resolve(null),
      onState: (problem) => void this.states.push(problem),
      onDead: () => {},
      ...options,
    });
    this.#consumers.push(consumer);
    return consumer;
  }

  /** Another connection to the file. */
  database(): Database {
    return databases.open(this.path, 1000);
  }

  /** Ends everything, whatever still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const store of this.#stores) await store.close();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

/** A system whose databases run `script` when they are opened; `run` runs another one in those that are open. */
export function systemWithDatabases(script: string): { system: System; run(script: string): void } {
  const opened = new Set<Database>();
  const open = (path: string, timeout: number): Database => {
    const database = databases.open(path, timeout);
    const setUp = database.script;
    let isSetUp = false;
    const prepare = () => {
      if (isSetUp) return;
      isSetUp = true;
      if (script !== "") setUp(script);
    };
    const wrapped: Database = {
      ...database,
      rows: database.rows,
      run: database.run,
      script: database.script,
      // The tables are there by then.
      write: (work) => {
        const result = database.write(work);
        prepare();
        return result;
      },
      close: () => {
        opened.delete(wrapped);
        database.close();
      },
    };
    opened.add(wrapped);
    return wrapped;
  };
  const system = { ...createSystem(), databases: () => Promise.resolve({ ...databases, open }) };
  return {
    system,
    run: (next) => {
      script = next;
      for (const database of opened) database.script(next);
    },
  };
}

/** A system whose wall clock can be set. */
export class SettableClock {
  ahead = 0;
  readonly system: System;

  constructor() {
    const system = createSystem();
    this.system = { ...system, clock: { ...system.clock, wall: () => Date.now() + this.ahead } };
  }
}
