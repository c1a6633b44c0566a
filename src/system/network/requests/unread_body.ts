/** What an app has not read of a request that it has answered. */

import { attempt } from "../../../core/thrown.ts";
import { kept } from "../../runtime_internals.ts";
import { headerOf } from "./received.ts";
import { isReadWhole } from "./whole_reads.ts";

/** An app may replace the global one. */
const { ReadableStreamDefaultReader } = globalThis;
const { read, releaseLock } = ReadableStreamDefaultReader.prototype;

/**
 * Bytes. What `request.clone()` has made keeps whatever is read of the other one: with an app that answered and read neither, a
 * client that sent 900 MB in 4 s took as much memory.
 */
const mostKept = 16 * 1024 * 1024;

/** Reads on where the app has stopped. */
interface UnreadBody {
  /** Throws the next part away. False if there is none. */
  discard(): Promise<boolean>;
}

/**
 * What is to come of the body; `null` if the runtime deals with it by itself: there is none, it is short, it has ended, or
 * its client waits to be asked for it. Also where somebody is reading.
 */
export function unreadBody(request: Request, short: number): UnreadBody | null {
  return attempt(() => request.bodyUsed ? rest(request.body) : whole(request, short), null);
}

function whole(request: Request, short: number): UnreadBody | null {
  const length = headerOf(request, "content-length");
  if (length === null ? !mayHaveBody(request) : Number(length) <= short) return null;
  if (headerOf(request, "expect") !== null) return null;
  return rest(request.body);
}

/** HTTP/2 needs no length, and its requests mostly have no Host. There curl drops an answer whose stream is then reset. */
function mayHaveBody(request: Request): boolean {
  return headerOf(request, "transfer-encoding") !== null || headerOf(request, "host") === null;
}

function rest(body: ReadableStream<Uint8Array> | null): UnreadBody | null {
  if (body === null || kept(body, "[[state]]") !== "readable") return null;
  if (body.locked) {
    // That of the app, which may have kept it.
    const own = kept(body, "[[reader]]");
    if (!(own instanceof ReadableStreamDefaultReader) || isReading(own) || isReadWhole(body)) return null;
    // If the app reads on later, that fails. It would take the rest of this for the end of the body.
    releaseLock.call(own);
  }
  const reader = body.getReader();
  let left = kept(body, "[[resourceBacking]]") instanceof Object ? Infinity : mostKept;
  return {
    async discard() {
      if (left <= 0) return false;
      const { done, value } = await read.call(reader);
      left -= (value as Uint8Array | undefined)?.byteLength ?? 0;
      return !done;
    },
  };
}

function isReading(reader: ReadableStreamDefaultReader): boolean {
  const requests = kept(reader, "[[readRequests]]");
  const { size, length } = requests as { readonly size?: number; readonly length?: number };
  return (size ?? length ?? 1) > 0;
}
