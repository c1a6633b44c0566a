import {
  type Database,
  DatabaseFailure,
  type DatabaseProblem,
} from "../../../src/system/database/database.ts";
import { databases } from "../../../src/system/database/sqlite_database.ts";
import { assertEquals, assertThrows } from "../../assert.ts";

function withFolder(body: (folder: string) => void): () => void {
  return () => {
    const folder = Deno.makeTempDirSync();
    try {
      body(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

function openWithTable(path: string): Database {
  const database = databases.open(path, 1);
  database.script(
    "PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, text TEXT)",
  );
  return database;
}

function problemOf(work: () => unknown): DatabaseProblem {
  return assertThrows(work, DatabaseFailure).problem;
}

const insert = "INSERT INTO item (text) VALUES (?)";
const count = "SELECT count(*) AS count FROM item";

Deno.test(
  "a database gives rows, and says how many of them a statement has changed",
  withFolder((folder) => {
    const database = openWithTable(`${folder}/a.db`);
    assertEquals(database.run(insert, "one"), 1);
    assertEquals(database.rows(`${insert} RETURNING id, text`, null).map((row) => ({ ...row })), [
      { id: 2, text: null },
    ]);
    assertEquals(database.run("DELETE FROM item"), 2);
    database.close();
  }),
);

Deno.test(
  "a transaction that throws changes nothing, and the next one works",
  withFolder((folder) => {
    const database = openWithTable(`${folder}/a.db`);
    assertThrows(
      () =>
        database.write(() => {
          database.run(insert, "one");
          throw new RangeError("stop");
        }),
      RangeError,
    );
    database.write(() => database.run(insert, "two"));
    assertEquals(database.rows(count)[0]?.["count"], 1);
    database.close();
  }),
);

Deno.test(
  "failures of a database have a kind",
  withFolder((folder) => {
    const path = `${folder}/a.db`;
    const [database, other] = [openWithTable(path), openWithTable(path)];
    database.write(() => assertEquals(problemOf(() => other.write(() => {})), "busy"));
    // The same where the runtime gives no code.
    database.write(() => assertEquals(problemOf(() => other.script("BEGIN IMMEDIATE")), "busy"));
    assertEquals(problemOf(() => database.run("INSERT INTO nothing VALUES (1)")), "other");

    database.script("PRAGMA max_page_count = 1");
    const fill = () => database.write(() => database.run(insert, "x".repeat(100_000)));
    assertEquals(problemOf(fill), "full");
    database.script("PRAGMA query_only = 1");
    assertEquals(problemOf(() => database.run(insert, "x")), "readonly");
    database.close();
    other.close();

    assertEquals(problemOf(() => databases.open(`${folder}/none/a.db`, 1)), "cannot open");
    assertEquals(problemOf(() => openWithTable(folder)), "cannot open");
    Deno.writeTextFileSync(`${folder}/b.db`, "no database ".repeat(1000));
    assertEquals(problemOf(() => openWithTable(`${folder}/b.db`)), "damaged");
  }),
);
