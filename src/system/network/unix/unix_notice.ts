import { lastError, libc } from "../../libc.ts";
import { AF_UNIX, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_DGRAM } from "../../linux_constants.ts";
import { unixAddress } from "./unix_address.ts";

/**
 * Sends a datagram to the Unix socket at `path`; one that begins with `@` has an abstract address instead (unix(7)).
 * Throws if nothing receives there, or its queue is full.
 */
export function sendUnixNotice(path: string, text: string): void {
  const fd = libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw lastError("socket");
  try {
    const address = noticeAddress(path);
    if (libc().connect(fd, address, address.length) !== 0) throw lastError(`connect ${path}`);
    const bytes = new TextEncoder().encode(text);
    if (libc().send(fd, bytes, BigInt(bytes.length), MSG_DONTWAIT) < 0n) throw lastError(`send ${path}`);
  } finally {
    libc().close(fd);
  }
}

/** An abstract address begins with a zero byte, and all of it counts: there is none at the end. */
function noticeAddress(path: string): Uint8Array<ArrayBuffer> {
  const address = unixAddress(path);
  if (!path.startsWith("@")) return address;
  address[2] = 0;
  return address.slice(0, -1);
}
