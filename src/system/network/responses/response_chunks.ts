/**
 * What an app puts into the stream of a response must be bytes. For anything else Deno 2.9 reports an error without the
 * request, and Deno 2.7 reports none, leaves the client waiting and never ends the request. Here the stream fails, as if
 * the app had failed it.
 */

import { attempt } from "../../../core/thrown.ts";
import { isDeno27, kept, symbolOf } from "../../runtime_internals.ts";

interface ReadRequest {
  chunkSteps(chunk: unknown): void;
  closeSteps(): void;
  errorSteps(error: unknown): void;
}

/** An app may replace the global ones. */
const { ReadableByteStreamController, ReadableStreamDefaultController, Uint8Array } = globalThis;

const controllerOf = symbolOf(new ReadableStream(), "[[controller]]");
const pullSteps = symbolOf(ReadableStreamDefaultController.prototype, "[[PullSteps]]");

/**
 * Milliseconds for what the runtime has been given, head and chunks: Deno 2.7 drops what it has not written when it hears of
 * an error, so that a client got nothing of a response whose second part failed at once. Where a `pull` throws before the
 * runtime reads again, it sees the error by itself.
 */
const untilWritten = 5;

const failures = new WeakMap<ReadableStream, { readonly value: unknown }>();

/** Of which the runtime has taken all bytes of their response. */
const whole = new WeakSet<ReadableStream>();

/**
 * Fails `stream` when the runtime reads what is no bytes. A stream of bytes has nothing else. `length` is what its response
 * has as Content-Length: after so many bytes the runtime asks for no more, and cancels the stream. `null` if it has none.
 */
export function expectBytes(stream: ReadableStream, length: number | null): void {
  if (controllerOf === undefined || pullSteps === undefined) return;
  // What is fetched and passed on does not pass here, and Deno 2.7 tells in no way how far it has come.
  if (length === 0 || (length !== null && isDeno27 && isNative(stream))) whole.add(stream);
  const controller: unknown = Reflect.get(stream, controllerOf);
  const mayBeText = controller instanceof ReadableStreamDefaultController;
  if (!mayBeText && (length === null || !(controller instanceof ReadableByteStreamController))) return;
  let left = length ?? Infinity;
  const pull = Reflect.get(controller, pullSteps) as (this: unknown, request: ReadRequest) => void;
  // The runtime reads one chunk at a time, and nobody else can: the stream is locked.
  let request!: ReadRequest;
  const checked: ReadRequest = {
    chunkSteps(chunk) {
      if (chunk instanceof Uint8Array) {
        left -= chunk.byteLength;
        if (left <= 0) whole.add(stream);
        return request.chunkSteps(chunk);
      }
      const error = new TypeError(
        `cannot send a chunk of the response: it is ${
          described(chunk)
        }, not a Uint8Array: encode text with TextEncoder`,
      );
      failures.set(stream, { value: error });
      // Ends what makes the chunks. It has ended already if this was the last one.
      if (kept(stream, "[[state]]") === "readable") controller.error(error);
      fail(error);
    },
    closeSteps: () => request.closeSteps(),
    errorSteps: (error) => fail(error),
  };
  const fail = (error: unknown) => {
    if (isDeno27) setTimeout(() => request.errorSteps(error), untilWritten);
    else request.errorSteps(error);
  };
  Object.defineProperty(controller, pullSteps, {
    value(next: ReadRequest) {
      request = next;
      pull.call(controller, checked);
    },
  });
}

/** What `expectBytes` has failed a stream with; `null` if it has not. */
export function chunkFailureOf(stream: ReadableStream): { readonly value: unknown } | null {
  return failures.get(stream) ?? null;
}

/** Nothing more of `stream` is to be sent. */
export function endsHere(stream: ReadableStream): void {
  whole.add(stream);
}

/** Whether the runtime has taken as many bytes of `stream` as its response has; false if that is not known. */
export function wasTakenWhole(stream: ReadableStream): boolean {
  return whole.has(stream);
}

function isNative(stream: ReadableStream): boolean {
  return kept(stream, "[[resourceBacking]]") instanceof Object;
}

function described(chunk: unknown): string {
  if (typeof chunk === "object" && chunk !== null) {
    return attempt(() => `an object (${chunk.constructor.name})`, "an object");
  }
  return chunk === null || chunk === undefined ? String(chunk) : `a ${typeof chunk}`;
}
