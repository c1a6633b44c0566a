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
const byteCancelSteps = symbolOf(ReadableByteStreamController.prototype, "[[CancelSteps]]");
const pullSteps = symbolOf(ReadableStreamDefaultController.prototype, "[[PullSteps]]");

/**
 * Milliseconds for what the runtime has been given, head and chunks: Deno 2.7 drops what it has not written when it hears of
 * an error, so that a client got nothing of a response whose second part failed at once.
 */
const untilWritten = 5;

const failures = new WeakMap<ReadableStream, { readonly value: unknown }>();

/** Of bytes, which the runtime has cancelled; those that are not watched are in neither. */
const cancelled = new WeakSet<ReadableStream>();
const watched = new WeakSet<ReadableStream>();

/** Of which the runtime has taken all bytes of their response. */
const whole = new WeakSet<ReadableStream>();

/** Of a stream that the runtime reads, from the moment on at which it begins. */
export interface ChunkCount {
  readonly bytes: number;
}

type Controller = Pick<ReadableStreamDefaultController, "error"> & Kept;

/**
 * Fails the stream of `body` when the runtime reads what is no bytes. A stream of bytes has nothing else. `length` is what its
 * response has as Content-Length: after so many bytes the runtime asks for no more, and cancels the stream. `null` if it has
 * none. Call it last, for Deno 2.7 gets something else in place of the stream. Returns what is counted: `isCounting` if
 * that is wanted for streams that need no check, too. `null` if nothing is.
 */
export function expectBytes(body: StreamBody, length: number | null, isCounting: boolean): ChunkCount | null {
  if (controllerOf === undefined || pullSteps === undefined) return null;
  const stream = body.streamOrStatic;
  // What is fetched and passed on does not pass here, and Deno 2.7 tells in no way how far it has come.
  const isFetched = stream[resourceBacking] instanceof Object;
  const isUnseen = isDeno27 && isFetched;
  if (length === 0 || (length !== null && isUnseen)) whole.add(stream);
  if (isUnseen) return null;
  const controller = stream[controllerOf] as Controller;
  if (isDeno27) {
    const reads = new CheckedReads(stream, controller, length);
    standIn(body, reads);
    return reads;
  }
  const mayBeText = controller instanceof ReadableStreamDefaultController;
  if (!mayBeText) {
    if (!(controller instanceof ReadableByteStreamController)) return null;
    if (!isFetched) watchCancel(stream, controller);
    if (length === null && !isCounting) return null;
  }
  const reads = new CheckedReads(stream, controller, length);
  const value = (request: ReadRequest) => reads.next(request);
  Object.defineProperty(controller, pullSteps, { value });
  return isFetched ? null : reads;
}

/** A stream of bytes looks the same after its end, whether its source has closed it or the runtime has cancelled it. */
function watchCancel(stream: ReadableStream, controller: Controller): void {
  if (byteCancelSteps === undefined) return;
  const cancel = controller[byteCancelSteps] as (reason: unknown) => Promise<void>;
  watched.add(stream);
  const value = (reason: unknown) => {
    cancelled.add(stream);
    return cancel.call(controller, reason);
  };
  Object.defineProperty(controller, byteCancelSteps, { value });
}

/** Whether the runtime has cancelled it before its end; `null` if that is not watched. */
export function wasCancelled(stream: ReadableStream): boolean | null {
  return watched.has(stream) ? cancelled.has(stream) : null;
}

/** The runtime reads one chunk at a time, and nobody else can: the stream is locked. */
class CheckedReads implements ReadRequest, ChunkCount {
  bytes = 0;
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
      this.bytes += chunk.byteLength;
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
