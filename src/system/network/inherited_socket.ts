/** A listening socket that this process got from the one that has started it, as systemd.socket(5) does. Structures as on Linux. */

import { lastError, libc } from "../libc.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  F_GETFL,
  F_SETFL,
  O_NONBLOCK,
  SO_ACCEPTCONN,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../linux_constants.ts";
import { keepFromChildren } from "../processes/inheritance.ts";
import { unixNameIn } from "./unix/unix_address.ts";
import type { InheritedSource } from "../system.ts";

/**
 * The socket at `descriptor`, ready to be shared: accepting from it does not block, and only those inherit it that are meant
 * to. If that is impossible, what is there instead, as in "it is …".
 */
export function takeInherited(descriptor: number): InheritedSource | string {
  const target = targetOf(descriptor);
  if (target === null) return "not open";
  const type = option(descriptor, SO_TYPE);
  if (type === null) {
    return target.startsWith(ofRuntime) ? "not open at the start" : `no socket, but ${target}`;
  }
  if (type === SOCK_DGRAM) return "a datagram socket, and HTTP needs a stream";
  if (type !== SOCK_STREAM) return `a socket of type ${type}, and HTTP needs a stream`;
  const address = new Uint8Array(128);
  const length = new Uint32Array([address.length]);
  if (libc().getsockname(descriptor, address, new Uint8Array(length.buffer)) !== 0) {
    return lastError("getsockname").message;
  }
  const family = new DataView(address.buffer).getUint16(0, true);
  if (family !== AF_UNIX && family !== AF_INET && family !== AF_INET6) {
    return `a socket of address family ${family}, and neither TCP nor Unix`;
  }
  if (option(descriptor, SO_ACCEPTCONN) !== 1) return "a socket that does not listen";
  keepFromChildren(descriptor);
  stopBlocking(descriptor);
  return family === AF_UNIX
    ? { path: unixNameIn(address, length[0]!), descriptor, isInherited: true }
    : { ...tcpName(address, family), descriptor };
}

/** The runtime takes numbers that are free, and no process inherits these: they are closed when it starts. */
const ofRuntime = "anon_inode:[event";

/** What the descriptor leads to, such as `/dev/null`; `null` if it is not open. */
function targetOf(descriptor: number): string | null {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return null;
  }
}

/** `null` for what is no socket. */
function option(descriptor: number, name: number): number | null {
  const value = new Int32Array(1);
  const length = new Uint32Array([value.byteLength]);
  const result = libc().getsockopt(
    descriptor,
    SOL_SOCKET,
    name,
    new Uint8Array(value.buffer),
    new Uint8Array(length.buffer),
  );
  return result === 0 ? value[0]! : null;
}

/** Systemd lets accepting block (NonBlocking=), and a runtime that finds its connection taken by another process would wait. */
function stopBlocking(descriptor: number): void {
  const flags = libc().fcntl(descriptor, F_GETFL, 0);
  if (flags < 0 || libc().fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) !== 0) {
    throw lastError("fcntl F_SETFL");
  }
}

function tcpName(address: Uint8Array, family: number): { hostname: string; port: number } {
  const view = new DataView(address.buffer);
  const port = view.getUint16(2);
  if (family === AF_INET) return { hostname: address.subarray(4, 8).join("."), port };
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(8 + 2 * index).toString(16));
  return { hostname: new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1), port };
}
