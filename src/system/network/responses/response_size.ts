/** How many bytes the body of a response has. */

import { symbolOf } from "../../runtime_internals.ts";

/** An app may replace the global ones. */
const { Response, TextEncoder, Uint8Array } = globalThis;

const inner = symbolOf(new Response(), "response");
/** Deno 2.9 makes a body of a text only when it is asked for. */
const lazyBody = symbolOf(new Response(), "lazy static body");
const encoder = new TextEncoder();

interface Kept {
  readonly [name: symbol]: {
    readonly headerList?: readonly (readonly [name: string, value: string])[];
    readonly body?: { readonly streamOrStatic?: { readonly body?: unknown } } | null;
  } | undefined;
}

/** Of a body that is a text or bytes as a whole, or of none; `null` for a stream, and on a runtime that keeps it elsewhere. */
export function wholeSize(response: Response): number | null {
  const kept = inner === undefined ? undefined : (response as unknown as Kept)[inner];
  if (kept === undefined) return null;
  if (kept.body === null) {
    const lazy: unknown = lazyBody === undefined ? null : Reflect.get(response, lazyBody);
    return typeof lazy === "string" ? utf8Length(lazy) : 0;
  }
  const body = kept.body?.streamOrStatic?.body;
  if (typeof body === "string") return utf8Length(body);
  return body instanceof Uint8Array ? body.byteLength : null;
}

/** What it has as Content-Length; `null` if it has none. */
export function declaredSize(response: Response): number | null {
  const fields = inner === undefined ? undefined : (response as unknown as Kept)[inner]?.headerList;
  const field = fields?.find(([name]) => name.toLowerCase() === "content-length");
  const size = field === undefined ? NaN : Number(field[1]);
  return Number.isSafeInteger(size) ? size : null;
}

/**
 * The bytes of a text in UTF-8. The runtime has a function that counts them and is internal: for 28 characters it takes 50
 * ns, and to encode them 380.
 */
const utf8Length: (text: string) => number = internalLength() ??
  ((text) => encoder.encode(text).byteLength);

function internalLength(): ((text: string) => number) | undefined {
  const key: unknown = Reflect.get(Deno, "internal");
  const internals: unknown = typeof key === "symbol" ? Reflect.get(Deno, key) : undefined;
  const core = internals as { core?: { byteLength?: (text: string) => number } } | undefined;
  const count = core?.core?.byteLength;
  return typeof count === "function" && count("\u00e4\u{1f600}") === 6 ? count : undefined;
}
