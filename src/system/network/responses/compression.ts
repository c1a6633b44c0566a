/**
 * Keeps the runtime from compressing. Deno 2.7 compresses what it takes for text, by the `Content-Type` as it was given, and
 * makes an `ETag` weak for that. There is no way to turn it off, but a type with a blank where HTTP allows one is none that
 * it knows.
 */

import { isDeno27, symbolOf } from "../../runtime_internals.ts";
import { isKnown } from "./response_body.ts";

/** An app may replace the global one. */
const { Response } = globalThis;

type Field = readonly [name: string, value: string];

interface Kept {
  readonly [name: symbol]: {
    headerList: readonly Field[];
    readonly body: { readonly streamOrStatic: { readonly body?: unknown } } | null;
  };
}

const contentType = "content-type";
const inner = symbolOf(new Response(), "response");

/** Whether this runtime compresses what nobody has asked it to, and can be kept from it. */
export const compressesUnasked = isKnown && isDeno27;

/** Bytes of a body, other than a stream, that the runtime compresses. */
const shortest = 64;
/** Bytes that one unit of a string can become. */
const widest = 3;

/**
 * The runtime sends `response`, whose request accepts an encoding, as it is. Call it last: the runtime gets a list of
 * headers of its own, and the app sees them as they were.
 */
export function leaveUncompressed(response: Response, isHttp1: boolean): void {
  const kept = (response as unknown as Kept)[inner!]!;
  if (kept.body === null || isShort(kept.body.streamOrStatic.body)) return;
  const fields = kept.headerList;
  for (let index = 0; index < fields.length; index++) {
    const [name, value] = fields[index]!;
    if (name.length !== contentType.length || name.toLowerCase() !== contentType) continue;
    const copy = fields.slice();
    copy[index] = [name, isHttp1 ? led(value) : spaced(value)];
    kept.headerList = copy;
    return;
  }
}

function isShort(body: unknown): boolean {
  if (typeof body === "string") return body.length * widest < shortest;
  return body instanceof Uint8Array && body.byteLength < shortest;
}

/** A new string is flattened when it is sent, and most responses of an app have the same type. */
let lastType = "";
let lastLed = " ";

/** A client of HTTP/1 drops blanks around a value (RFC 9112, 5.1). */
function led(value: string): string {
  if (value !== lastType) {
    lastType = value;
    lastLed = ` ${value}`;
  }
  return lastLed;
}

/** HTTP/2 forbids blanks there (RFC 9113, 8.2.1), but not before parameters. */
function spaced(value: string): string {
  const end = value.indexOf(";");
  return end < 0 ? `${value} ;` : `${value.slice(0, end)} ${value.slice(end)}`;
}
