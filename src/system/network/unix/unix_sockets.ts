/** Unix sockets for clients, by their files: opening one, and what the kernel knows of them. Structures as on Linux (unix(7)). */

import { errorNumber, lastError, libc } from "../../libc.ts";
import {
  AF_UNIX,
  EAGAIN,
  ECONNREFUSED,
  ENOENT,
  SHUT_RD,
  SO_PEERCRED,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../../linux_constants.ts";
import type { UnixSockets } from "../kernel_sockets.ts";
import { ownDescriptors } from "../own_descriptors.ts";
import { descriptorTableSize } from "../tcp_info.ts";
import { unixAddress, unixNameIn } from "./unix_address.ts";

/** How many bytes the other side has not read yet, and how many this side. */
const SIOCOUTQ = 0x5411;
const FIONREAD = 0x541b;

const POLLRDHUP = 0x2000;

export const unixSockets: UnixSockets = {
  listen(path, { backlog, mode }) {
    const descriptor = streamSocket();
    const address = unixAddress(path);
    // A mode set afterwards would come too late: others could connect before.
    const umask = Deno.umask(0o777 & ~mode);
    try {
      if (libc().bind(descriptor, address, address.length) !== 0) throw lastError("bind");
      if (libc().listen(descriptor, backlog) !== 0) throw lastError("listen");
      return descriptor;
    } catch (error) {
      libc().close(descriptor);
      throw error;
    } finally {
      Deno.umask(umask);
    }
  },

  // It listens already, so that only takes note of the caller (SO_PEERCRED).
  claim: (descriptor, backlog) => void libc().listen(descriptor, backlog),

  claimant: processOf,

  listenerAt(path) {
    const descriptor = streamSocket();
    const address = unixAddress(path);
    try {
      if (libc().connect(descriptor, address, address.length) === 0) return processOf(descriptor);
      const errno = errorNumber();
      if (errno === ECONNREFUSED || errno === ENOENT) return null;
      // Its accept queue is full.
      if (errno === EAGAIN) return 0;
      throw lastError("connect");
    } finally {
      libc().close(descriptor);
    }
  },

  refuse: (descriptor) => void libc().shutdown(descriptor, SHUT_RD),

  isRefusing(descriptor) {
    const question = new Uint8Array(8);
    const view = new DataView(question.buffer);
    view.setInt32(0, descriptor, true);
    view.setUint16(4, POLLRDHUP, true);
    libc().poll(question, 1n, 0);
    return (view.getUint16(6, true) & POLLRDHUP) !== 0;
  },

  areBytesWaiting(paths) {
    const size = descriptorTableSize();
    const count = new Int32Array(1);
    const countBytes = new Uint8Array(count.buffer);
    const hasSome = (descriptor: number, question: number) =>
      libc().ioctl(descriptor, BigInt(question), countBytes) === 0 && count[0]! > 0;
    const isOwn = ownDescriptors();
    for (let descriptor = 0; descriptor < size; descriptor++) {
      if (!isOwn(descriptor) || !paths.has(pathOf(descriptor))) continue;
      if (hasSome(descriptor, SIOCOUTQ) || hasSome(descriptor, FIONREAD)) return true;
    }
    return false;
  },
};

function streamSocket(): number {
  const descriptor = libc().socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) throw lastError("socket");
  return descriptor;
}

/** `struct ucred`: of the process that called listen(2). One in another namespace has no number here. */
function processOf(descriptor: number): number {
  const credentials = new Int32Array(3);
  const length = new Uint32Array([credentials.byteLength]);
  const result = libc().getsockopt(
    descriptor,
    SOL_SOCKET,
    SO_PEERCRED,
    new Uint8Array(credentials.buffer),
    new Uint8Array(length.buffer),
  );
  return result === 0 ? credentials[0]! : 0;
}

/** Connections that were accepted have the name of their listener. Empty for what is no Unix socket with a name. */
export function pathOf(descriptor: number): string {
  const address = new Uint8Array(112);
  const length = new Uint32Array([address.length]);
  if (libc().getsockname(descriptor, address, new Uint8Array(length.buffer)) !== 0) return "";
  if (new DataView(address.buffer).getUint16(0, true) !== AF_UNIX) return "";
  return unixNameIn(address, length[0]!);
}
