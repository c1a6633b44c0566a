/**
 * What Deno 2.7 gets in place of the stream of a response. The runtime looks by itself whether a stream has failed before it
 * reads, and then drops head and chunks that it has not written. What stands in never fails: each read comes here.
 */

import { symbolOf } from "../../runtime_internals.ts";

export interface ReadRequest {
  chunkSteps(chunk: unknown): void;
  closeSteps(): void;
  errorSteps(error: unknown): void;
}

/** An object of the runtime, with what it keeps under its symbols. */
export interface Kept {
  [name: symbol]: unknown;
}

/** Where a response keeps its stream. */
export interface StreamBody {
  streamOrStatic: ReadableStream & Kept;
}

interface Reads {
  next(request: ReadRequest): void;
}

/** An app may replace the global ones. */
const { ReadableStream, ReadableStreamDefaultController, ReadableStreamDefaultReader, TypeError } =
  globalThis;
const cancelReader = ReadableStreamDefaultReader.prototype.cancel;
const cancelStream = ReadableStream.prototype.cancel;

const sample = new ReadableStream() as ReadableStream & Kept;
const brand = symbolOf(sample, "[[webidl.brand]]")!;
const state = symbolOf(sample, "[[state]]")!;
const readerOf = symbolOf(sample, "[[reader]]")!;
const disturbed = symbolOf(sample, "[[disturbed]]")!;
const controllerOf = symbolOf(sample, "[[controller]]")!;
const closedPromise = symbolOf(sample, "nodejs.webstream.isClosedPromise")!;
const pullSteps = symbolOf(ReadableStreamDefaultController.prototype, "[[PullSteps]]")!;
const cancelSteps = symbolOf(ReadableStreamDefaultController.prototype, "[[CancelSteps]]")!;
const streamOf = symbolOf(sample.getReader(), "[[stream]]")!;

/** Nobody waits for the end of what stands in. */
const noPromise = { resolve() {} };

/** Calls `reads.next` for each read that the runtime makes of the stream of `body`, whatever has become of it. */
export function standIn(body: StreamBody, reads: Reads): void {
  // As the runtime makes its own, so that its code meets no objects of another shape.
  const made = new ReadableStream(sample[brand] as UnderlyingDefaultSource) as ReadableStream & Kept;
  made[state] = "readable";
  made[readerOf] = undefined;
  made[disturbed] = false;
  made[closedPromise] = noPromise;
  made[controllerOf] = new StandIn(made, body, reads);
  body.streamOrStatic = made;
}

class StandIn {
  readonly #made: ReadableStream & Kept;
  readonly #body: StreamBody;
  readonly #stream: ReadableStream & Kept;
  readonly #reads: Reads;
  #isRead = false;

  constructor(made: ReadableStream & Kept, body: StreamBody, reads: Reads) {
    this.#made = made;
    this.#body = body;
    this.#stream = body.streamOrStatic;
    this.#reads = reads;
  }

  [pullSteps](request: ReadRequest): void {
    if (!this.#isRead) {
      if (this.#stream[readerOf] !== undefined) {
        return request.errorSteps(new TypeError("the body of the response is locked: is it read elsewhere?"));
      }
      this.#isRead = true;
      this.#lock();
    }
    this.#reads.next(request);
  }

  /** Makes the app see its own stream again, as if the runtime had taken that. */
  #lock(): void {
    this.#stream[readerOf] = this.#made[readerOf];
    this.#stream[disturbed] = true;
    // The app may have copied the response, which gives it another.
    if (this.#body.streamOrStatic === this.#made) this.#body.streamOrStatic = this.#stream;
  }

  [cancelSteps](reason: unknown): Promise<void> {
    if (!this.#isRead) return cancelStream.call(this.#stream, reason);
    const reader = this.#made[readerOf] as ReadableStreamDefaultReader & Kept;
    reader[streamOf] = this.#stream;
    return cancelReader.call(reader, reason);
  }
}
