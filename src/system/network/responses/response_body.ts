/** What the runtime knows about a response and does not tell, or only in a way that costs more. */

import {
  type ChunkCount,
  chunkFailureOf,
  endsHere,
  expectBytes,
  wasCancelled,
  wasTakenWhole,
} from "./response_chunks.ts";
import { isDeno27, kept, symbolOf } from "../../runtime_internals.ts";
import type { StreamBody } from "./stand_in.ts";

/** An app may replace the global ones. */
const { Response, ReadableStream, ReadableStreamDefaultReader } = globalThis;
const { cancel } = ReadableStreamDefaultReader.prototype;

const inner = symbolOf(new Response(), "response");

interface Kept extends Response {
  readonly [name: symbol]: InnerResponse | undefined;
}

interface InnerResponse {
  readonly headerList?: (readonly [string, string])[];
  readonly type?: unknown;
  readonly status?: unknown;
  readonly body?: { readonly streamOrStatic?: { readonly consumed?: unknown } } | null;
}

/**
 * Whether another reader holds the body. Deno 2.7 ends the server for such an answer, 2.9 answers 500 without a line.
 * `response.body` would turn the text or the bytes that the body was made of into a stream, which is slower to send;
 * this takes 5 ns. False on a runtime that keeps the body elsewhere.
 */
export function hasLockedBody(response: Response): boolean {
  return streamOf(response)?.locked === true;
}

const state = symbolOf(new ReadableStream(), "[[state]]");
const storedError = symbolOf(new ReadableStream(), "[[storedError]]");

/**
 * Has the body of a response fail if the app puts something else than bytes into its stream. Call it last: on Deno 2.7
 * another stream takes the place of that until the runtime reads it. Returns the bytes that the runtime takes of it, if
 * they are counted, which has its price for some streams: with `isCounting` for all that are seen.
 */
export function checkChunks(response: Response, isCounting = false): ChunkCount | null {
  if (streamOf(response) === null) return null;
  const body = (response as Kept)[inner!]!.body as StreamBody;
  return expectBytes(body, lengthOf(response), isCounting);
}

/** Whether the runtime has taken all that is to be sent of a response, by its Content-Length or after `endStream`. */
export function wasTaken(response: Response): boolean {
  const stream = streamOf(response);
  return stream !== null && wasTakenWhole(stream);
}

function lengthOf(response: Response): number | null {
  const headers = (response as Kept)[inner!]?.headerList ?? [];
  const field = headers.find(([name]) =>
    name.length === contentLength.length && name.toLowerCase() === contentLength
  );
  return field === undefined ? null : Number(field[1]);
}

const contentLength = "content-length";

/** Ends the body of a response that is being sent: its client gets it as complete, its source is cancelled. */
export function endStream(response: Response): void {
  const stream = streamOf(response);
  const reader = kept(stream, "[[reader]]");
  if (stream === null || !(reader instanceof ReadableStreamDefaultReader)) return;
  endsHere(stream);
  const reason = new DOMException("The worker is draining.", "AbortError");
  cancel.call(reader, reason).catch(() => {});
}

function streamOf(response: Response): ReadableStream | null {
  const stream = inner === undefined ? undefined : (response as Kept)[inner]?.body?.streamOrStatic;
  return stream instanceof ReadableStream ? stream : null;
}

/** What a body has failed with; `null` if it has not, and on a runtime that does not show it. */
export function failureOf(response: Response): { readonly value: unknown } | null {
  const stream = streamOf(response);
  if (stream === null) return null;
  const chunkFailure = chunkFailureOf(stream);
  if (chunkFailure !== null) return chunkFailure;
  if (state === undefined || storedError === undefined) return null;
  return Reflect.get(stream, state) === "errored" ? { value: Reflect.get(stream, storedError) } : null;
}

const controller = symbolOf(new ReadableStream(), "[[controller]]");

/**
 * Whether the runtime has ended a body before its source did. Deno 2.9 does that if its client takes nothing any more and
 * leaves, and then neither `info.completed` nor `request.signal` tells.
 */
export function wasCutOff(response: Response): boolean {
  const stream = streamOf(response);
  if (stream === null || state === undefined || controller === undefined) return false;
  const known = wasCancelled(stream);
  if (known !== null) return known;
  return Reflect.get(stream, state) === "closed" &&
    kept(Reflect.get(stream, controller), "[[closeRequested]]") === false;
}

/**
 * The status of a response that the runtime sends at once: its body is a text or bytes as a whole that nobody has read,
 * or there is none. `info.completed` of its request resolves at the moment at which the runtime takes the response. 0
 * for everything else, also for what is not a response, and on a runtime that keeps this elsewhere.
 */
export function wholeStatus(answer: unknown): number {
  try {
    return isKnown ? statusIn(answer) : 0;
  } catch {
    // A Proxy.
    return 0;
  }
}

function statusIn(answer: unknown): number {
  // A copy of the properties of a response, as by {...response}, has the inner one, too.
  if (inner === undefined || !(answer instanceof Response)) return 0;
  const found = (answer as Kept)[inner];
  if (found === undefined || found.type === "error") return 0;
  const { body, status } = found;
  const isWhole = body === null || body?.streamOrStatic?.consumed === false;
  return isWhole && typeof status === "number" ? status : 0;
}

/** Whether this runtime keeps responses as expected: all of this is unknown to its documentation. */
export const isKnown = keepsAsExpected();

/**
 * Deno 2.9 sends `Connection: close` as the app has set it, and keeps the connection. Where that is so, whether a response
 * says it: from what the runtime keeps, which takes 5 ns, as `response.headers` makes an object.
 */
export const isEndLeftOpen = isKnown && !isDeno27;

export function announcesEnd(response: Response): boolean {
  const headers = (response as Kept)[inner!]?.headerList;
  if (headers === undefined) return false;
  for (let index = 0; index < headers.length; index++) {
    const [name, value] = headers[index]!;
    if (name.length === connection.length && name.toLowerCase() === connection && /\bclose\b/i.test(value)) {
      return true;
    }
  }
  return false;
}

const connection = "connection";

/** Deno 2.9 says that a response was sent also if its client has left; then only `request.signal` tells. */
export const callsAllSent = !isDeno27;

/**
 * Deno 2.7 sends the framing that an app sets as it is: with a Content-Length that is too small the rest of the body is
 * taken for the next response. 2.9 sets both by itself.
 */
export const sendsGivenFraming = isKnown && isDeno27;

/**
 * Deno 2.7 keeps a connection of HTTP/1.0 whose client asks for that, although the response says `Connection: close`, as
 * long as it knows the length of the response.
 */
export const keepsHttp10 = isKnown && isDeno27;

/** Leaves the framing of a response to the runtime, which knows it. A stream keeps its length: the runtime sends no more. */
export function dropFraming(response: Response): void {
  const headers = (response as Kept)[inner!]?.headerList;
  if (headers === undefined) return;
  for (let index = headers.length - 1; index >= 0; index--) {
    const name = headers[index]![0].toLowerCase();
    const isWrong = name === "transfer-encoding" || (name === contentLength && statusIn(response) !== 0);
    if (isWrong) headers.splice(index, 1);
  }
}

function keepsAsExpected(): boolean {
  const init = { status: 201 };
  const bytes = new Uint8Array(1);
  const whole = ["text", bytes, bytes.buffer, null].map((body) => new Response(body, init));
  const form = new FormData();
  form.set("name", "value");
  // A fetched response has a stream, too.
  const streamed = [new ReadableStream(), new Blob(["text"]), form].map((body) => new Response(body, init));
  const read = new Response("text", init);
  void read.text();
  return [...whole, whole[0]!.clone(), Response.json({}, init)].every((answer) => statusIn(answer) === 201) &&
    [...streamed, read, Response.error(), Promise.resolve(whole[0]), undefined]
      .every((answer) => statusIn(answer) === 0);
}
