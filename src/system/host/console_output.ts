/**
 * Where `console` prints. The runtime's own console waits for the reader of a full pipe, and blocks the event loop for
 * as long.
 */

import type { Stream } from "../system.ts";

/** Prints with `print`, which gets complete texts; more than 1 is meant for stderr (warnings, errors, traces). */
type ConsoleClass = new (print: (text: string, level: number) => void) => object;

/**
 * From now on everything that is logged with `console` is formatted by the runtime as before, and goes to `print`. The
 * class is internal to the runtime, and the same in 2.7.11 and 2.9.6; a runtime without it prints as before.
 */
export function printThrough(print: (stream: Stream, text: string, level: number) => void): void {
  const Console = consoleClass();
  if (Console === undefined) return;
  const methods = new Console((text, level) => print(level > 1 ? "stderr" : "stdout", text, level));
  for (const [name, method] of Object.entries(methods)) {
    // The object stays the same: `node:console` exports it, too.
    if (typeof method === "function") Reflect.set(console, name, method);
  }
}

function consoleClass(): ConsoleClass | undefined {
  const key: unknown = Reflect.get(Deno, "internal");
  const internals: unknown = typeof key === "symbol" ? Reflect.get(Deno, key) : undefined;
  return typeof internals === "object" && internals !== null ? Reflect.get(internals, "Console") : undefined;
}
