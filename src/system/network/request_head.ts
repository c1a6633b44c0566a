/**
 * Headers of a request that a server of the runtime has received. `request.headers` makes an object of all of them, which
 * the app may never need: 3,800 instructions of 31,000 per request on Deno 2.9. There the runtime can read a single one
 * without it, for 300. Deno 2.7 has no such way, but its object keeps what it has read.
 */

const { Request, Headers } = globalThis;

const inner = symbolOf(new Request("http://localhost/"), "request");
const list = symbolOf(new Headers(), "header list");

function symbolOf(object: object, name: string): symbol {
  const found = Object.getOwnPropertySymbols(object).find(({ description }) => description === name);
  return found ?? Symbol(name);
}

/**
 * Whether the runtime refuses a request with Content-Length and Transfer-Encoding. Deno 2.7 drops a Content-Length that
 * comes second, so that case cannot be seen.
 */
export const refusesBothFramings = !Deno.version.deno.startsWith("2.7.");

/** Name and value. */
type Field = readonly [string, string];
type Kept = Readonly<Record<symbol, { readonly header?: (name: string) => string | null } | undefined>>;
type KeptHeaders = Readonly<Record<symbol, readonly Field[] | null | undefined>>;

/** The value of the header `name`, in small letters; several fields are joined by ", ". `null` if there is none. */
export function headerOf(request: Request, name: string): string | null {
  const kept = (request as unknown as Kept)[inner];
  if (kept !== undefined && typeof kept.header === "function") return kept.header(name);
  const { headers } = request;
  const fields = (headers as unknown as KeptHeaders)[list];
  // Names are in small letters there, because the runtime has parsed them; `get` converts each of them once more.
  return fields === undefined || fields === null ? headers.get(name) : valueIn(fields, name);
}

function valueIn(fields: readonly Field[], name: string): string | null {
  let value: string | null = null;
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index]!;
    if (field[0] === name) value = value === null ? field[1] : `${value}, ${field[1]}`;
  }
  return value;
}
