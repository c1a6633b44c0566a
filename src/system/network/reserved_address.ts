/**
 * An address that is kept free until the first worker listens there. Workers share addresses (SO_REUSEPORT), and the
 * kernel lets other servers of the same user do so, too: a look before the app is loaded would miss one that is just
 * starting. A socket that is bound without either option of reuse excludes all others, also when it does not
 * listen any more, and then it refuses clients as if nobody had the address.
 */

import { libc } from "../libc.ts";
import { SHUT_RD, SO_REUSEADDR, SOL_SOCKET } from "../linux_constants.ts";
import { opened } from "./listener_state.ts";
import type { TcpAddress } from "./network.ts";

const off = new Uint8Array(4);

/**
 * Nobody else can listen on `address` until the result is called; elsewhere than on Linux it is only a look. Throws what
 * `Deno.listen` throws.
 */
export function reserve({ hostname, port }: TcpAddress): () => void {
  const { result: listener, own } = opened(() => Deno.listen({ hostname, port }));
  // In this order there is no moment in which another socket could be bound.
  const isKept = own !== undefined && exclude(Number(own[0]));
  if (!isKept) listener.close();
  return () => isKept && listener.close();
}

/** False where the kernel cannot be asked. */
function exclude(descriptor: number): boolean {
  try {
    return libc().setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, off, off.length) === 0 &&
      libc().shutdown(descriptor, SHUT_RD) === 0;
  } catch {
    return false;
  }
}
