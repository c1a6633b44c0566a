/** SQLite, as the runtime has it built in (`node:sqlite`). */

import { setImmediate } from "node:timers";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { messageOf } from "../../core/thrown.ts";
import { type Database, DatabaseFailure, type DatabaseProblem, type Databases } from "./database.ts";

/** SQLite's primary result codes (https://sqlite.org/rescode.html): the low byte of the extended ones. */
const problems: Readonly<Record<number, DatabaseProblem>> = {
  5: "busy",
  6: "busy",
  8: "readonly",
  11: "damaged",
  13: "full",
  14: "cannot open",
  26: "damaged",
};

/** The runtime gives no code for what fails in `exec` or while it opens: then only the text of SQLite is left. */
const texts: readonly (readonly [RegExp, DatabaseProblem])[] = [
  [/database (table )?is locked/, "busy"],
  [/readonly database|read-only/, "readonly"],
  [/malformed|not a database/, "damaged"],
  [/disk is full/, "full"],
  [/unable to open|os error|ENOENT|EACCES/i, "cannot open"],
];

export const databases: Databases = {
  open(path, timeout) {
    return guarded(() => new SqliteDatabase(new DatabaseSync(path, { timeout })));
  },
  afterTurn: (fire) => void setImmediate(fire),
};

class SqliteDatabase implements Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(connection: DatabaseSync) {
    this.#connection = connection;
  }

  rows: Database["rows"] = (sql, ...values) => {
    // deno-lint-ignore no-explicit-any -- rows have the types of their columns, which are text, numbers or null here
    return guarded(() => this.#prepared(sql).all(...values) as any);
  };

  run: Database["run"] = (sql, ...values) =>
    guarded(() => Number(this.#prepared(sql).run(...values).changes));

  script: Database["script"] = (sql) => guarded(() => this.#connection.exec(sql));

  write: Database["write"] = (work) => {
    this.run("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.run("COMMIT");
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  };

  close: Database["close"] = () => guarded(() => this.#connection.close());

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** After some errors, such as a full disk, SQLite has done it already. */
  #rollBack(): void {
    try {
      this.run("ROLLBACK");
    } catch {
      // The failure of the transaction is what counts.
    }
  }
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw failureOf(error);
  }
}

function failureOf(error: unknown): DatabaseFailure {
  const text = messageOf(error);
  const code = error instanceof Error && "errcode" in error ? error.errcode : undefined;
  const byCode = typeof code === "number" ? problems[code & 0xff] : undefined;
  const problem = byCode ?? texts.find(([pattern]) => pattern.test(text))?.[1] ?? "other";
  return new DatabaseFailure(problem, text);
}
