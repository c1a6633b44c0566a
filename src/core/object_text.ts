/**
 * What is in an object, on one line: an app may throw one in place of an Error, and `[object Object]` says nothing. Only
 * the first entries are shown, and not what lies deep.
 */

const longestText = 200;
const mostEntries = 10;
const deepest = 3;
/** Stands for what is left out, or cannot be read. */
const unread = "…";

/** Where an object of the runtime keeps what it has to say, such as a Response or an ErrorEvent: its keys are inherited. */
const tellingNames = [
  "message",
  "code",
  "status",
  "statusText",
  "url",
  "reason",
  "type",
  "size",
  "byteLength",
];

/** Throws what the object's own traps and getters throw, unless they are those of one entry. */
export function objectText(value: object, depth = 1): string {
  if (Array.isArray(value)) {
    return enclosed("[", value.slice(0, mostEntries).map((item) => shown(item, depth)), value.length, "]");
  }
  const tag = tagOf(value);
  const own = ArrayBuffer.isView(value) ? [] : Object.keys(value);
  const names = own.length > 0 ? own : tellingNames.filter((name) => saysSomething(value, name));
  const entries = names.slice(0, mostEntries).map((name) =>
    `${name}: ${entryOf(() => shown(Reflect.get(value, name), depth))}`
  );
  return tag + enclosed("{ ", entries, names.length, " }");
}

function enclosed(open: string, entries: readonly string[], count: number, close: string): string {
  if (count === 0) return open.trim() + close.trim();
  const more = count - entries.length;
  return open + [...entries, ...more > 0 ? [`… ${more} more`] : []].join(", ") + close;
}

function shown(value: unknown, depth: number): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > longestText ? `${value.slice(0, longestText)}…` : value);
  }
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`.slice(0, longestText);
  if (value instanceof Date || value instanceof URL) return String(value);
  return depth < deepest ? objectText(value, depth + 1) : unread;
}

/** `Response `, and nothing for a plain object. */
function tagOf(value: object): string {
  const name = String((value.constructor as { name?: unknown } | undefined)?.name ?? "");
  return /^\w+$/.test(name) && name !== "Object" ? `${name} ` : "";
}

function saysSomething(value: object, name: string): boolean {
  const said = entryOf(() => Reflect.get(value, name));
  return (typeof said === "string" && said !== "" && said !== unread) || typeof said === "number";
}

/** A getter may throw. */
function entryOf<T>(read: () => T): T | typeof unread {
  try {
    return read();
  } catch {
    return unread;
  }
}
