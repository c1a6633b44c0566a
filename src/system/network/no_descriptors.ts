/**
 * Keeps other processes from sending descriptors over a stream: reading bytes drops them, and closing a connection with
 * SO_LINGER would make that read wait as long as its sender likes. Linux 6.16 and later.
 */

import { libc } from "../libc.ts";
import { SO_PASSRIGHTS, SOL_SOCKET } from "../linux_constants.ts";
import { opened } from "./listener_state.ts";

/** The listener that `open` opens takes no descriptors, nor do its connections: sending one to them fails. */
export function withoutDescriptors<T>(open: () => T): T {
  const { result, own } = opened(open);
  if (own !== undefined) libc().setsockopt(Number(own[0]), SOL_SOCKET, SO_PASSRIGHTS, new Uint8Array(4), 4);
  return result;
}
