/**
 * What an app writes to its standard streams itself, by `Deno.stdout`, or by `process.stdout`, which writes there. `console`
 * is not among it, nor are Web Workers and other processes.
 */

import type { Stream } from "../system.ts";

/** An app may replace the global one. */
const { WritableStream } = globalThis;

/** From now on it goes to `print` instead. */
export function captureWrites(print: (stream: Stream, bytes: Uint8Array) => void): void {
  for (const name of ["stdout", "stderr"] as const) {
    const take = (bytes: Uint8Array) => {
      print(name, bytes);
      return bytes.byteLength;
    };
    const writable = new WritableStream<Uint8Array>({ write: (bytes) => void take(bytes) });
    Object.defineProperties(Deno[name], {
      write: { value: async (bytes: Uint8Array) => await take(bytes), configurable: true },
      writeSync: { value: take, configurable: true },
      writable: { value: writable, configurable: true },
    });
  }
}
