import { cString } from "../../libc.ts";
import { AF_UNIX } from "../../linux_constants.ts";

/** `struct sockaddr_un`; the caller makes sure that the path fits into its 108 bytes. */
export function unixAddress(path: string): Uint8Array<ArrayBuffer> {
  const text = cString(path);
  const address = new Uint8Array(2 + text.length);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(text, 2);
  return address;
}

/** The path in a `struct sockaddr_un` of `length` bytes; an abstract name begins with `@`, and what has none is empty. */
export function unixNameIn(address: Uint8Array, length: number): string {
  const name = address.subarray(2, length);
  if (name[0] === 0) return `@${new TextDecoder().decode(name.subarray(1))}`;
  const end = name.indexOf(0);
  return new TextDecoder().decode(end < 0 ? name : name.subarray(0, end));
}
