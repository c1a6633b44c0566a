import { messageOf } from "../../core/thrown.ts";
import type { Database, Databases, System } from "../../system/system.ts";
import { TaskStoreError } from "../task_store.ts";
import { setUp } from "./task_schema.ts";

/** Where the store is, and whether what is added must survive a power failure. */
export interface StorePlace {
  readonly path: string;
  readonly isDurable: boolean;
}

/**
 * How sure a commit is (https://sqlite.org/pragma.html#pragma_synchronous): whether it survives a failure of the power;
 * the death of a process costs nothing in any case. `FULL` waits for the disk, `NORMAL` only now and then.
 */
type Synchronous = "FULL" | "NORMAL" | "OFF";

/**
 * Milliseconds that a statement waits for a lock, without the event loop. A transaction takes less than 1 ms; a
 * process that waits for longer tries again later.
 */
const lockTimeout = 3;

/** The database file: opened when it is needed, and again after it failed, was removed or was replaced. */
export class StoreFile {
  readonly #system: System;
  readonly #place: StorePlace;
  #databases: Databases | null = null;
  #open: { readonly database: Database; readonly inode: number; synchronous: Synchronous | null } | null =
    null;

  constructor(system: System, place: StorePlace) {
    this.#system = system;
    this.#place = place;
  }

  get path(): string {
    return this.#place.path;
  }

  /** To be called before the first `database()`. Rejects with TaskStoreError. */
  async load(): Promise<Databases> {
    try {
      return this.#databases ??= await this.#system.databases();
    } catch (error) {
      throw new TaskStoreError(
        `cannot use the task store: SQLite cannot be loaded (${
          messageOf(error)
        }): install Denicorn again, or choose ` +
          "another --task-store",
        { cause: error },
      );
    }
  }

  /** Throws DatabaseFailure, or TaskStoreError for a file of another program. */
  database(): Database {
    if (this.#open !== null) {
      // 9 µs; a file that is gone would take what is written to it with it, without an error.
      if (this.#inode() === this.#open.inode) return this.#open.database;
      this.drop();
    }
    if (this.#databases === null) throw new Error("the module of the database is not loaded yet");
    this.#createPrivately();
    const database = this.#databases.open(this.path, lockTimeout);
    try {
      setUp(database, this.path);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#open = { database, inode: this.#inode(), synchronous: null };
    return database;
  }

  /**
   * Runs `work` in a transaction. With `mustLast` it is on the disk when this returns, and so is everything before it: new
   * tasks must last. What becomes of a task need not: after a failure of the power the last of it is undone, and those
   * tasks run once more. On 2 busy cores, whose disk confirmed about 500 writes a second, 2 processes of 10 slots ran 8,400
   * empty tasks a second, each 1.6 ms after it was added (p50); with FULL for everything 3,900 and 9 ms.
   */
  write<T>(mustLast: boolean, work: (database: Database) => T): T {
    const database = this.database();
    const certain = mustLast ? "FULL" : "NORMAL";
    this.#setSynchronous(this.#place.isDurable ? certain : "OFF");
    return database.write(() => work(database));
  }

  /** Closes it, until it is needed again. */
  drop(): void {
    const open = this.#open;
    this.#open = null;
    try {
      open?.database.close();
    } catch {
      // A database that failed may fail to close, too; nothing of it is used any more.
    }
  }

  /** What is to be done may be a secret: SQLite would let every user read it. */
  #createPrivately(): void {
    const { files } = this.#system;
    try {
      if (files.stat(this.path) === null) files.writeText(this.path, "", { mode: 0o600, createNew: true });
    } catch {
      // Another process was first, or there is something in the way that opening the database names.
    }
  }

  #setSynchronous(synchronous: Synchronous): void {
    if (this.#open === null || this.#open.synchronous === synchronous) return;
    // Not as a prepared statement: this pragma acts when it is prepared.
    this.#open.database.script(`PRAGMA synchronous = ${synchronous}`);
    this.#open.synchronous = synchronous;
  }

  #inode(): number {
    return this.#system.files.stat(this.path)?.inode ?? -1;
  }
}
