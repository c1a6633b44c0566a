/**
 * Keeps the runtime from compressing. Deno 2.7 compresses what it takes for text, by the `Content-Type` as it was given, and
 * makes an `ETag` weak for that. There is no way to turn it off, but a type with a blank where HTTP allows one is none that
 * it knows.
 */

import { isDeno27, symbolOf } from "../runtime_internals.ts";
import { isKnown } from "./response_body.ts";

/** An app may replace the global one. */
const { Response } = globalThis;

type Field = readonly [name: string, value: string];

interface Kept {
  readonly [name: symbol]: { headerList: readonly Field[] };
}

const contentType = "content-type";
const inner = symbolOf(new Response(), "response");

/** Whether this runtime compresses what nobody has asked it to, and can be kept from it. */
export const compressesUnasked = isKnown && isDeno27;

/**
 * The runtime sends `response`, whose request accepts an encoding, as it is. Call it last: the runtime gets a list of
 * headers of its own, and the app sees them as they were.
 */
export function leaveUncompressed(response: Response, isHttp1: boolean): void {
  const kept = (response as unknown as Kept)[inner!]!;
  const fields = kept.headerList;
  for (let index = 0; index < fields.length; index++) {
    const [name, value] = fields[index]!;
    if (name.length !== contentType.length || name.toLowerCase() !== contentType) continue;
    const copy = fields.slice();
    copy[index] = [name, isHttp1 ? ` ${value}` : spaced(value)];
    kept.headerList = copy;
    return;
  }
}

/** A client of HTTP/1 drops blanks around a value (RFC 9112, 5.1). HTTP/2 forbids them there, but not before parameters. */
function spaced(value: string): string {
  const end = value.indexOf(";");
  return end < 0 ? `${value} ;` : `${value.slice(0, end)} ${value.slice(end)}`;
}
