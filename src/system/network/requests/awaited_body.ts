/** What the runtime knows about the body of a request and does not tell. */

import { attempt } from "../../../core/thrown.ts";
import { kept } from "../../runtime_internals.ts";
import { isReadWhole } from "./whole_reads.ts";

/** An app may replace the global one. */
const { Request } = globalThis;

/**
 * Whether the app waits for bytes of a body that its client has not sent. `arrived`: bytes that came with the request, its
 * head included, at most. False where it may have come whole, and the app has read only a part of it so far.
 */
export function isAwaitingBody(request: unknown, arrived: number): boolean {
  return request instanceof Request && attempt(() => isAwaited(request, arrived), false);
}

/** Whether the app was reading a body that ended before it was complete, or was not framed as its head said. */
export function hasBrokenBody(request: unknown): boolean {
  return request instanceof Request &&
    attempt(() => request.bodyUsed && kept(request.body, "[[state]]") === "errored", false);
}

function isAwaited(request: Request, arrived: number): boolean {
  if (!request.bodyUsed || request.body === null) return false;
  const stream = request.body;
  if (kept(stream, "[[state]]") !== "readable") return false;
  // By `getReader()`, `for await` or a pipe.
  if (kept(kept(stream, "[[controller]]"), "[[pulling]]") === true) return true;
  // By `text()` and the like; also if the app reads by itself and is doing something else now.
  const length = request.headers.get("content-length");
  return isReadWhole(stream) || (length !== null && arrived - leastHead(request) < Number(length));
}

/** Bytes of the head of a request, as few as they can have been: the URL may have become longer, by its escapes. */
function leastHead({ method, url, headers }: Request): number {
  const { pathname, search } = new URL(url);
  const target = pathname + search;
  const escapes = target.split("%").length - 1;
  let size = method.length + target.length - 2 * escapes + " HTTP/1.1\r\n \r\n".length;
  for (const [name, value] of headers) size += name.length + value.length + ":\r\n".length;
  return size;
}
