/**
 * What an app puts into the stream of a response must be bytes. For anything else Deno 2.9 reports an error without the
 * request, and Deno 2.7 reports none, leaves the client waiting and never ends the request. Here the stream fails, as if
 * the app had failed it.
 */

import { attempt } from "../../../core/thrown.ts";
import { isDeno27, symbolOf } from "../../runtime_internals.ts";
import { type Kept, type ReadRequest, standIn, type StreamBody } from "./stand_in.ts";

/** An app may replace the global ones. */
const { ReadableByteStreamController, ReadableStreamDefaultController, Uint8Array, setTimeout } = globalThis;

const sample = new ReadableStream();
const controllerOf = symbolOf(sample, "[[controller]]");
const state = symbolOf(sample, "[[state]]")!;
const storedError = symbolOf(sample, "[[storedError]]")!;
const resourceBacking = symbolOf(sample, "[[resourceBacking]]")!;
const pullSteps = symbolOf(ReadableStreamDefaultController.prototype, "[[PullSteps]]");

/**
 * Milliseconds for what the runtime has been given, head and chunks: Deno 2.7 drops what it has not written when it hears of
 * an error, so that a client got nothing of a response whose second part failed at once.
 */
const untilWritten = 5;

const failures = new WeakMap<ReadableStream, { readonly value: unknown }>();

/** Of which the runtime has taken all bytes of their response. */
const whole = new WeakSet<ReadableStream>();

type Controller = Pick<ReadableStreamDefaultController, "error"> & Kept;

/**
 * Fails the stream of `body` when the runtime reads what is no bytes. A stream of bytes has nothing else. `length` is what its
 * response has as Content-Length: after so many bytes the runtime asks for no more, and cancels the stream. `null` if it has
 * none. Call it last, for Deno 2.7 gets something else in place of the stream.
 */
export function expectBytes(body: StreamBody, length: number | null): void {
  if (controllerOf === undefined || pullSteps === undefined) return;
  const stream = body.streamOrStatic;
  // What is fetched and passed on does not pass here, and Deno 2.7 tells in no way how far it has come.
  const isUnseen = isDeno27 && stream[resourceBacking] instanceof Object;
  if (length === 0 || (length !== null && isUnseen)) whole.add(stream);
  if (isUnseen) return;
  const controller = stream[controllerOf] as Controller;
  if (isDeno27) return standIn(body, new CheckedReads(stream, controller, length));
  const mayBeText = controller instanceof ReadableStreamDefaultController;
  if (!mayBeText && (length === null || !(controller instanceof ReadableByteStreamController))) return;
  const reads = new CheckedReads(stream, controller, length);
  const value = (request: ReadRequest) => reads.next(request);
  Object.defineProperty(controller, pullSteps, { value });
}

/** The runtime reads one chunk at a time, and nobody else can: the stream is locked. */
class CheckedReads implements ReadRequest {
  readonly #stream: ReadableStream & Kept;
  readonly #controller: Controller;
  readonly #pull: (request: ReadRequest) => void;
  #left: number;
  #request!: ReadRequest;

  constructor(stream: ReadableStream & Kept, controller: Controller, length: number | null) {
    this.#stream = stream;
    this.#controller = controller;
    this.#pull = controller[pullSteps!] as (request: ReadRequest) => void;
    this.#left = length ?? Infinity;
  }

  next(request: ReadRequest): void {
    this.#request = request;
    const stream = this.#stream;
    if (stream[state] === "errored") this.#fail(stream[storedError]);
    else if (stream[state] === "closed") request.closeSteps();
    else this.#pull.call(this.#controller, this);
  }

  chunkSteps(chunk: unknown): void {
    if (chunk instanceof Uint8Array) {
      this.#left -= chunk.byteLength;
      if (this.#left <= 0) whole.add(this.#stream);
      return this.#request.chunkSteps(chunk);
    }
    const error = new TypeError(
      `cannot send a chunk of the response: it is ${
        described(chunk)
      }, not a Uint8Array: encode text with TextEncoder`,
    );
    failures.set(this.#stream, { value: error });
    // Ends what makes the chunks. It has ended already if this was the last one.
    if (this.#stream[state] === "readable") this.#controller.error(error);
    this.#fail(error);
  }

  closeSteps(): void {
    this.#request.closeSteps();
  }

  errorSteps(error: unknown): void {
    this.#fail(error);
  }

  #fail(error: unknown): void {
    const request = this.#request;
    if (isDeno27) setTimeout(() => request.errorSteps(error), untilWritten);
    else request.errorSteps(error);
  }
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

function described(chunk: unknown): string {
  if (typeof chunk === "object" && chunk !== null) {
    return attempt(() => `an object (${chunk.constructor.name})`, "an object");
  }
  return chunk === null || chunk === undefined ? String(chunk) : `a ${typeof chunk}`;
}
