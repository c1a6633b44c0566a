/** The tables of a task store, and how the database is set up. */

import type { Database } from "../../system/system.ts";
import { type TaskState, TaskStoreError } from "../task_store.ts";

/** In the header of the file (https://sqlite.org/fileformat2.html#application_id): it is a task store. */
const applicationId = 0x64_6e_74_6b;

/** Raised with each change of the tables. */
const version = 1;

/**
 * How many tasks there are of each state is counted by triggers: with 1,000,000 that wait, counting them takes 12 ms.
 *
 * Only `waiting` and `dead` can have very many rows; each state has an index of its own, so that the others cost a claim
 * nothing. A task that waits for a time is not looked at until that time has come.
 *
 * `claim` counts how often the task was taken: what an earlier owner says of it later does not count any more.
 */
const tables = `
CREATE TABLE task (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL,
  priority INTEGER NOT NULL,
  run_at INTEGER NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL,
  crashes INTEGER NOT NULL DEFAULT 0,
  claim INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER,
  is_cancelled INTEGER NOT NULL DEFAULT 0,
  backoff INTEGER NOT NULL,
  timeout INTEGER NOT NULL,
  added_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  progress REAL,
  owner TEXT,
  name TEXT NOT NULL,
  key TEXT,
  payload TEXT NOT NULL,
  result TEXT,
  error TEXT
) STRICT;
CREATE UNIQUE INDEX task_key ON task (key) WHERE key IS NOT NULL;
CREATE INDEX task_waiting ON task (priority, id) WHERE state = 'waiting';
CREATE INDEX task_delayed ON task (run_at) WHERE state = 'delayed';
CREATE INDEX task_running ON task (owner, lease_until, is_cancelled) WHERE state = 'running';
CREATE INDEX task_done ON task (ended_at) WHERE state = 'done' AND key IS NULL;
CREATE INDEX task_done_keyed ON task (ended_at) WHERE state = 'done' AND key IS NOT NULL;
CREATE INDEX task_dead ON task (ended_at) WHERE state = 'dead';

CREATE TABLE task_count (
  state TEXT NOT NULL,
  is_keyed INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (state, is_keyed)
) STRICT, WITHOUT ROWID;
INSERT INTO task_count VALUES
  ('waiting', 0, 0), ('delayed', 0, 0), ('running', 0, 0), ('done', 0, 0), ('dead', 0, 0),
  ('waiting', 1, 0), ('delayed', 1, 0), ('running', 1, 0), ('done', 1, 0), ('dead', 1, 0);
CREATE TRIGGER task_added AFTER INSERT ON task BEGIN
  UPDATE task_count SET count = count + 1 WHERE state = NEW.state AND is_keyed = (NEW.key IS NOT NULL);
END;
CREATE TRIGGER task_removed AFTER DELETE ON task BEGIN
  UPDATE task_count SET count = count - 1 WHERE state = OLD.state AND is_keyed = (OLD.key IS NOT NULL);
END;
CREATE TRIGGER task_moved AFTER UPDATE OF state ON task WHEN OLD.state <> NEW.state BEGIN
  UPDATE task_count SET count = count - 1 WHERE state = OLD.state AND is_keyed = (OLD.key IS NOT NULL);
  UPDATE task_count SET count = count + 1 WHERE state = NEW.state AND is_keyed = (NEW.key IS NOT NULL);
END;

CREATE TABLE cron (
  name TEXT PRIMARY KEY,
  schedule TEXT NOT NULL,
  timezone TEXT,
  task TEXT NOT NULL,
  next INTEGER,
  computed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE flag (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

PRAGMA application_id = ${applicationId};
PRAGMA user_version = ${version};
`;

/** What must be asked beside the state so that SQLite uses its index. Done tasks have two, by whether they have a key. */
export function indexParts(state: TaskState): readonly string[] {
  return state === "done" ? ["key IS NULL", "key IS NOT NULL AND ended_at > 0"] : ["TRUE"];
}

/**
 * Sets a connection up, and creates the tables in a new file. Throws TaskStoreError for a file that is none of this
 * version.
 */
export function setUp(database: Database, path: string): void {
  const isNew = numberOf(database, "user_version") === 0;
  database.rows("PRAGMA journal_mode = WAL");
  // What the log has grown to during a long read is given back.
  database.rows("PRAGMA journal_size_limit = 67108864");
  if (isNew) database.write(() => createTables(database, path));
  const [id, found] = [numberOf(database, "application_id"), numberOf(database, "user_version")];
  if (id !== applicationId) throw foreign(path);
  if (found !== version) {
    throw new TaskStoreError(
      `cannot use the task store: ${path} has tables of version ${found}, and this Denicorn knows version ` +
        `${version}: use the Denicorn that wrote it, or choose another --task-store`,
    );
  }
}

/** Another process may have been first. */
function createTables(database: Database, path: string): void {
  if (numberOf(database, "user_version") !== 0) return;
  if (database.rows("SELECT 1 FROM sqlite_master LIMIT 1").length > 0) throw foreign(path);
  database.script(tables);
}

function foreign(path: string): TaskStoreError {
  return new TaskStoreError(
    `cannot use the task store: ${path} is the database of another program: choose another --task-store`,
  );
}

function numberOf(database: Database, pragma: "application_id" | "user_version"): number {
  return Number(database.rows(`PRAGMA ${pragma}`)[0]?.[pragma]);
}
