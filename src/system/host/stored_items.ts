/** `localStorage` in a database. */

import type { DatabaseSync } from "node:sqlite";

/** All names of items are also properties, as of any Storage. */
export function storedItems(open: () => DatabaseSync): Storage {
  const all = () => open().prepare("SELECT name FROM items ORDER BY rowid").all();
  const names = () => all().map(({ name }) => String(name));
  const getItem = (name: unknown): string | null => {
    const found = open().prepare("SELECT value FROM items WHERE name = ?").get(String(name));
    return found === undefined ? null : String(found["value"]);
  };
  const setItem = (name: unknown, value: unknown): void => {
    open().prepare("INSERT INTO items VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
      .run(String(name), String(value));
  };
  const removeItem = (name: unknown): void => {
    open().prepare("DELETE FROM items WHERE name = ?").run(String(name));
  };
  const methods = {
    getItem,
    setItem,
    removeItem,
    key: (index: number) => names()[Number(index)] ?? null,
    clear: () => open().exec("DELETE FROM items"),
  };
  const properties = Object.entries(methods).map(([name, value]) =>
    [name, { value, configurable: true, writable: true }] as const
  );
  // A thread has no such class.
  const known: unknown = Reflect.get(globalThis, "Storage");
  const prototype: object = Object.create(typeof known === "function" ? known.prototype : Object.prototype, {
    ...Object.fromEntries(properties),
    length: { get: () => all().length, configurable: true },
  });
  const isItem = (target: object, name: string | symbol): name is string =>
    typeof name === "string" && !(name in target);
  return new Proxy(Object.create(prototype), {
    get: (target, name) =>
      isItem(target, name) ? getItem(name) ?? undefined : Reflect.get(target, name, target),
    set(target, name, value) {
      if (!isItem(target, name)) return Reflect.set(target, name, value);
      setItem(name, value);
      return true;
    },
    has: (target, name) => isItem(target, name) ? getItem(name) !== null : name in target,
    deleteProperty(target, name) {
      if (isItem(target, name)) removeItem(name);
      return true;
    },
    ownKeys: () => names(),
    getOwnPropertyDescriptor(target, name) {
      const value = isItem(target, name) ? getItem(name) : null;
      return value === null ? undefined : { value, configurable: true, enumerable: true, writable: true };
    },
  });
}
