/**
 * Who reads a body: `text()` and the like take it from the runtime at once, without a pull. Deno 2.9 leaves a mark in a
 * stream that something has pulled from. On 2.7 both look the same, so the mark is made here.
 */

import { isDeno27, kept, symbolOf } from "../../runtime_internals.ts";

/** An app may replace the global ones. */
const { ReadableByteStreamController, ReadableStreamDefaultReader } = globalThis;

/** Of the controller of a stream, from its first pull on. */
const pulled = "[onPullFulfilled]";

/** Controllers on Deno 2.7. */
const marked = new WeakSet<object>();
const isMarking = isDeno27 && markPulls();

/** Whether `text()`, `arrayBuffer()` or the like is reading what is left of `stream`, the body of a request. */
export function isReadWhole(stream: ReadableStream): boolean {
  if (kept(stream, "[[disturbed]]") !== true || !(kept(stream, "[[resourceBacking]]") instanceof Object)) {
    return false;
  }
  const controller = kept(stream, "[[controller]]") as object;
  if (!isMarking) return symbolOf(controller, pulled) !== undefined && kept(controller, pulled) === undefined;
  return !marked.has(controller) && kept(stream, "[[reader]]") instanceof ReadableStreamDefaultReader;
}

function markPulls(): boolean {
  const { prototype } = ReadableByteStreamController;
  const steps = symbolOf(prototype, "[[PullSteps]]");
  if (steps === undefined) return false;
  const pull = Reflect.get(prototype, steps) as (this: object, request: unknown) => void;
  return Reflect.defineProperty(prototype, steps, {
    configurable: true,
    writable: true,
    value(this: object, request: unknown) {
      marked.add(this);
      pull.call(this, request);
    },
  });
}
