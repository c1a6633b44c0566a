/** Which bytes of a file a `Range` asks for (RFC 9110, 14). */

/** Both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * `null`: the whole file is sent, because there is no range or one that a server may ignore: not valid, of another unit, or
 * several at once. "unsatisfiable": none of it is in the file, which is answered 416.
 */
export function byteRange(header: string | null, size: number): ByteRange | "unsatisfiable" | null {
  const [, from, to] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? "") ?? [];
  if (from === undefined || to === undefined || (from === "" && to === "")) return null;
  if (from === "") {
    const length = Math.min(Number(to), size);
    return length === 0 ? "unsatisfiable" : { first: size - length, last: size - 1 };
  }
  const first = Number(from);
  const last = to === "" ? Infinity : Number(to);
  if (last < first) return null;
  return first >= size ? "unsatisfiable" : { first, last: Math.min(last, size - 1) };
}
