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
