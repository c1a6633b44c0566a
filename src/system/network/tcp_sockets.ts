/**
 * The TCP sockets of this process by their descriptors: which of them listen, which connections carry data, and which
 * listener of a SO_REUSEPORT group gets the next connection. Structures as on Linux (tcp(7)).
 */

import { connectionLooks } from "./connection_looks.ts";
import { listenersBeside } from "./listen_queues.ts";
import { duplicate, swapListener } from "./listener_swap.ts";
import { ownDescriptors } from "./own_descriptors.ts";
import { addressOf, lastError, libc } from "../libc.ts";
import {
  SHUT_RD,
  SHUT_RDWR,
  SO_ATTACH_FILTER,
  SO_ATTACH_REUSEPORT_CBPF,
  SO_DETACH_FILTER,
  SO_LINGER,
  SOCK_CLOEXEC,
  SOL_SOCKET,
} from "../linux_constants.ts";
import {
  descriptorTableSize,
  endedStates,
  info,
  offset,
  openDescriptors,
  peerPortOf,
  portOf,
  readInfo,
  TCP_CLOSE_WAIT,
  TCP_ESTABLISHED,
  TCP_LISTEN,
} from "./tcp_info.ts";
import type { TcpListener, TcpSockets } from "../system.ts";

export const tcpSockets: TcpSockets = {
  ...connectionLooks,

  listeners() {
    const found: TcpListener[] = [];
    const isOwn = ownDescriptors();
    for (const descriptor of openDescriptors()) {
      if (isOwn(descriptor) && tcpSockets.isListening(descriptor)) {
        found.push({ descriptor, port: portOf(descriptor) });
      }
    }
    return found;
  },

  findActive(ports, recent, from, count, except = none) {
    // Not from a list of /proc/self/fd: for 10,000 connections it takes 13 ms, as long as the search itself.
    const size = descriptorTableSize();
    const end = Math.min(from + count, size);
    const isOwn = ownDescriptors(from === 0 ? 0 : Infinity);
    for (let descriptor = from; descriptor < end; descriptor++) {
      const idle = isOwn(descriptor) ? idleTime(descriptor) : null;
      const isActive = idle !== null && idle < recent && ports.has(portOf(descriptor));
      if (isActive && (except.size === 0 || !except.has(peerPortOf(descriptor)))) {
        return { found: { descriptor, idle }, next: descriptor + 1 };
      }
    }
    return { found: null, next: end < size ? end : null };
  },

  waiting(listener) {
    // For a listening socket the field counts the connections in its accept queue.
    return readInfo(listener) ? info.getUint32(offset.unacked, true) : 0;
  },

  siblings(listener) {
    try {
      const [inode] = Deno.readLinkSync(`/proc/self/fd/${listener}`).match(/\d+/)!;
      const tables = ["/proc/net/tcp", "/proc/net/tcp6"].map((path) => Deno.readTextFileSync(path));
      return Math.max(...tables.map((table) => listenersBeside(table, inode))) || null;
    } catch {
      return null;
    }
  },

  isListening: (descriptor) => readInfo(descriptor) && info.getUint8(offset.state) === TCP_LISTEN,

  resetWaiting(listener) {
    // As many as there are: accepting one more could block.
    for (let count = tcpSockets.waiting(listener); count > 0; count--) {
      const connection = libc().accept4(listener, null, null, SOCK_CLOEXEC);
      if (connection < 0) return;
      libc().setsockopt(connection, SOL_SOCKET, SO_LINGER, lingerForNoTime, lingerForNoTime.length);
      libc().close(connection);
    }
  },

  listeningPort: (descriptor) => tcpSockets.isListening(descriptor) ? portOf(descriptor) : null,

  areMigrated() {
    try {
      return Deno.readTextFileSync("/proc/sys/net/ipv4/tcp_migrate_req").trim() === "1";
    } catch {
      // Before Linux 5.14.
      return false;
    }
  },

  steer: (listener, program) => attach(listener, SO_ATTACH_REUSEPORT_CBPF, program),

  filter: (listener, program) => attach(listener, SO_ATTACH_FILTER, program),

  endFilter: (listener) =>
    void libc().setsockopt(listener, SOL_SOCKET, SO_DETACH_FILTER, noValue, noValue.length),

  stopListening: (listener) => void libc().shutdown(listener, SHUT_RD),

  close: (descriptor) => void libc().close(descriptor),

  keep: duplicate,

  swap: swapListener,

  endIdle(ports, count, silentOnly) {
    const silent: { descriptor: number; idle: number }[] = [];
    const kept: typeof silent = [];
    const size = descriptorTableSize();
    const isOwn = ownDescriptors();
    for (let descriptor = 0; descriptor < size; descriptor++) {
      const idle = isOwn(descriptor) ? idleTime(descriptor) : null;
      if (idle === null || !ports.has(portOf(descriptor))) continue;
      const isSilent = readInfo(descriptor) && info.getBigUint64(offset.received, true) === 0n;
      (isSilent ? silent : kept).push({ descriptor, idle });
    }
    // A client that has sent a request loses its connection last, so kept ones stay even if the silent ones are too new.
    const candidates = silentOnly || silent.length > 0 ? silent : kept;
    const ended = candidates.filter(({ idle }) => idle >= shortestIdle)
      .sort((a, b) => b.idle - a.idle).slice(0, count);
    for (const { descriptor } of ended) libc().shutdown(descriptor, SHUT_RDWR);
    return { ended: ended.length, tooNew: silent.filter(({ idle }) => idle < shortestIdle).length };
  },
};

/** Milliseconds. The request of a new connection arrives with the end of its handshake, or soon after. */
const shortestIdle = 20;

/** Passes the address of `program` in a `struct sock_fprog`. */
function attach(listener: number, how: number, program: Uint8Array<ArrayBuffer>): void {
  const reference = new ArrayBuffer(16);
  const view = new DataView(reference);
  view.setUint16(0, program.length / 8, true);
  view.setBigUint64(8, addressOf(program), true);
  const option = new Uint8Array(reference);
  if (libc().setsockopt(listener, SOL_SOCKET, how, option, option.length) === 0) return;
  throw lastError(
    how === SO_ATTACH_FILTER ? "setsockopt SO_ATTACH_FILTER" : "setsockopt SO_ATTACH_REUSEPORT_CBPF",
  );
}

/** What the kernel reads, and ignores, for options without a value. */
const noValue = new Uint8Array(4);

/** `struct linger`: closing such a socket resets its connection. */
const lingerForNoTime = new Uint8Array(new Int32Array([1, 0]).buffer);

/** `idle` of a TcpConnection; `null` for a descriptor that is not a connection. */
function idleTime(descriptor: number): number | null {
  if (!readInfo(descriptor)) return null;
  const state = info.getUint8(offset.state);
  if (endedStates.has(state)) return 0;
  if (state !== TCP_ESTABLISHED && state !== TCP_CLOSE_WAIT) return null;
  // If bytes are not acknowledged yet, there may be more of them in this process.
  const pending = info.getUint32(offset.unacked, true) + info.getUint32(offset.notSent, true);
  if (pending > 0) return 0;
  return Math.min(info.getUint32(offset.lastDataSent, true), info.getUint32(offset.lastDataReceived, true));
}

const none: ReadonlySet<number> = new Set();
