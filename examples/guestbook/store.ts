/**
 * The entries, in SQLite. Each worker has its own connection to the same file. SQLite serialises their writes, so
 * nothing is lost, and workers need not know each other.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface Entry {
  readonly id: number;
  readonly name: string;
  readonly message: string;
  /** ISO 8601, in UTC. */
  readonly writtenAt: string;
}

export interface Page {
  /** Newest first. */
  readonly entries: readonly Entry[];
  readonly total: number;
  /** The `before` of the next, older page, if there is one. */
  readonly nextBefore: number | undefined;
}

export interface Store {
  add(entry: { name: string; message: string }): Entry;
  /** The newest entries, up to `limit`; with `before`, only those older than the entry with that id. */
  page(options: { before?: number | undefined; limit: number }): Page;
  /** Throws when the database cannot be read. */
  check(): void;
  close(): void;
}

/** A statement waits up to this long, in ms, while another worker writes. */
const busyTimeout = 10_000;

const schema = `
  create table if not exists entries (
    id integer primary key autoincrement,
    name text not null,
    message text not null,
    writtenAt text not null default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
  ) strict
`;

/**
 * With a write-ahead log, readers and the writer do not block each other. The file stores the mode; but when several
 * workers start with a new file, this statement can find it locked, and SQLite does not wait here.
 */
function useWriteAheadLog(db: DatabaseSync): void {
  const deadline = Date.now() + busyTimeout;
  while (true) {
    try {
      db.exec("pragma journal_mode = wal");
      return;
    } catch (error) {
      const isLocked = error instanceof Error && error.message.includes("database is locked");
      if (!isLocked || Date.now() > deadline) throw error;
    }
  }
}

export function openStore(path: string): Store {
  mkdirSync(dirname(path), { recursive: true });
  const db = new DatabaseSync(path, { timeout: busyTimeout });
  useWriteAheadLog(db);
  // No entry is lost when a process is killed. A power failure may lose the latest ones, but never damages the file.
  db.exec("pragma synchronous = normal");
  db.exec(schema);

  const insert = db.prepare("insert into entries (name, message) values (?, ?) returning *");
  const select = db.prepare("select * from entries where id < ? order by id desc limit ?");
  const count = db.prepare("select count(*) as total from entries");

  return {
    add: ({ name, message }) => insert.get(name, message) as unknown as Entry,

    page({ before, limit }) {
      // One more row than requested shows whether there is another page.
      const rows = select.all(before ?? Number.MAX_SAFE_INTEGER, limit + 1) as unknown as Entry[];
      const entries = rows.slice(0, limit);
      const { total } = count.get() as { total: number };
      return { entries, total, nextBefore: rows.length > limit ? entries.at(-1)?.id : undefined };
    },

    check() {
      count.get();
    },

    close: () => db.close(),
  };
}
