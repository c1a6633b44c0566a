/** Looks at the connections of this process from outside, and ends those that its user has decided to end. */

import { libc } from "../libc.ts";
import { MSG_DONTWAIT, MSG_NOSIGNAL, SHUT_RD, SHUT_RDWR, SO_LINGER, SOL_SOCKET } from "../linux_constants.ts";
import type { ConnectionLook } from "../../core/listeners/slow_connections.ts";
import type { ConnectionLooks } from "../system.ts";
import {
  descriptorTableSize,
  info,
  offset,
  peerPortOf,
  portOf,
  readInfo,
  TCP_CLOSE_WAIT,
  TCP_ESTABLISHED,
} from "./tcp_info.ts";

/** Bytes that have arrived and were not read: ioctl_tty(2), the same number for sockets. */
const FIONREAD = 0x541bn;

const two32 = 2 ** 32;

export const connectionLooks: ConnectionLooks = {
  look(ports, from, count, isPlain) {
    const size = descriptorTableSize();
    const end = Math.min(from + count, size);
    const looks: ConnectionLook[] = [];
    for (let descriptor = from; descriptor < end; descriptor++) {
      const look = connectionLooks.lookAt(ports, descriptor, isPlain);
      if (look !== null) looks.push(look);
    }
    return { looks, next: end < size ? end : null };
  },

  lookAt(ports, descriptor, isPlain) {
    if (!readInfo(descriptor)) return null;
    const state = info.getUint8(offset.state);
    if (state !== TCP_ESTABLISHED && state !== TCP_CLOSE_WAIT) return null;
    const port = portOf(descriptor);
    if (!ports.has(port)) return null;
    return {
      descriptor,
      peerPort: peerPortOf(descriptor),
      isPlain: isPlain(port),
      received: long(offset.received),
      taken: long(offset.taken),
      hasEnded: state === TCP_CLOSE_WAIT,
      isSending: info.getUint32(offset.unacked, true) + info.getUint32(offset.notSent, true) > 0,
      sinceReceived: info.getUint32(offset.lastDataReceived, true),
      sinceSent: info.getUint32(offset.lastDataSent, true),
    };
  },

  hasUnread(descriptor) {
    const count = new Int32Array(1);
    return libc().ioctl(descriptor, FIONREAD, new Uint8Array(count.buffer)) !== 0 || count[0]! > 0;
  },

  sending(descriptor) {
    if (!readInfo(descriptor)) return null;
    return {
      sent: long(offset.sent),
      unacknowledged: info.getUint32(offset.unacked, true),
      waiting: info.getUint32(offset.notSent, true),
    };
  },

  send(descriptor, bytes) {
    libc().send(descriptor, bytes, BigInt(bytes.length), MSG_DONTWAIT | MSG_NOSIGNAL);
  },

  end(descriptor, last) {
    if (last === null) {
      // Bytes that its client does not take would wait in the kernel for minutes.
      libc().setsockopt(descriptor, SOL_SOCKET, SO_LINGER, lingerForNoTime, lingerForNoTime.length);
    } else if (last.length > 0) {
      connectionLooks.send(descriptor, last);
    }
    libc().shutdown(descriptor, SHUT_RDWR);
  },

  stopReading: (descriptor) => void libc().shutdown(descriptor, SHUT_RD),
};

/** `struct linger`: closing such a socket resets its connection. */
const lingerForNoTime = new Uint8Array(new Int32Array([1, 0]).buffer);

/** Without a BigInt for each of 10,000 connections. */
function long(place: number): number {
  return info.getUint32(place, true) + info.getUint32(place + 4, true) * two32;
}
