/**
 * What an app stores without naming a file: `localStorage`, `caches` and `Deno.openKv()`. A compiled program has no place
 * for it, and from source the runtime's is that of Denicorn, for all apps of a user. So each app has its own directory.
 */

import type { DatabaseSync } from "node:sqlite";
import { storeCaches } from "./stored_caches.ts";
import { storedItems } from "./stored_items.ts";

/** Other workers of the app write to the same file. */
const prepare = `
PRAGMA busy_timeout = 5000;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS items (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS caches (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS responses (
  cache TEXT NOT NULL, url TEXT NOT NULL, vary TEXT NOT NULL, status INTEGER NOT NULL, status_text TEXT NOT NULL,
  headers TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (cache, url, vary));
`;

/** See `Host.offerStorage`. Nothing is opened before the app uses it. */
export function offerStorage(find: () => string | undefined, onMissing: (reason: string) => void): void {
  let database: DatabaseSync | undefined;
  const open = () => database ??= opened(find, onMissing);
  let items: unknown;
  Object.defineProperty(globalThis, "localStorage", {
    get: () => items ??= storedItems(open),
    // An app may bring another one, as tests do.
    set: (value) => void (items = value),
    configurable: true,
    enumerable: true,
  });
  storeCaches(open);
  storeKv(find);
}

function opened(find: () => string | undefined, onMissing: (reason: string) => void): DatabaseSync {
  // To import it would take time at the start of every worker.
  const process = Reflect.get(globalThis, "process") as {
    getBuiltinModule(name: "node:sqlite"): { readonly DatabaseSync: typeof DatabaseSync };
  };
  const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");
  const at = (path: string) => {
    const database = new Database(path);
    database.exec(prepare);
    return database;
  };
  try {
    return at(`${made(find)}/web.sqlite3`);
  } catch (error) {
    onMissing(error instanceof Error ? error.message : String(error));
    // A temporary file without a name, so that it does not fill the memory.
    return at("");
  }
}

function made(find: () => string | undefined): string {
  const directory = find();
  if (directory === undefined) {
    throw new Error(
      "the user has no directory for it: set XDG_STATE_HOME to one that only this user can change",
    );
  }
  Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

function storeKv(find: () => string | undefined): void {
  const open: unknown = Reflect.get(Deno, "openKv");
  if (typeof open !== "function") return;
  const openKv = (path?: string) =>
    Promise.try(() => Reflect.apply(open, Deno, [path ?? `${made(find)}/kv.sqlite3`]));
  Object.defineProperty(Deno, "openKv", { value: openKv, configurable: true, enumerable: true });
}
