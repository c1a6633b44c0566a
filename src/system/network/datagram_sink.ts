/**
 * Sends lines to a syslog server, one a datagram. The calls never wait, and so can be made while a process exits. A server
 * that was restarted has a new socket at its path: the next line connects to it.
 */

import { addressBytes } from "../../core/http/ip_ranges.ts";
import type { SyslogServer } from "../../core/syslog.ts";
import { errorNumber, lastError, libc } from "../libc.ts";
import {
  AF_INET,
  AF_INET6,
  EAGAIN,
  ECONNREFUSED,
  EINTR,
  EMSGSIZE,
  ENOBUFS,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
} from "../linux_constants.ts";
import type { ReaderSink } from "../system.ts";
import { unixAddress } from "./unix/unix_address.ts";

/** Bytes of a message, at most: what servers take if nothing else is set. What is longer is cut. */
const longest = 8_192;

const newline = 0x0a;

/** Milliseconds between two looks whether the server takes more. */
const interval = 10;

/** Throws if there is no such server; of UDP nobody knows that. */
export function openDatagramSink(server: SyslogServer): ReaderSink {
  let descriptor: number | null = connected(server);
  const close = () => {
    if (descriptor !== null) libc().close(descriptor);
    descriptor = null;
  };
  const send = (line: Uint8Array<ArrayBuffer>): "sent" | "full" | "gone" => {
    for (let attempt = 0; attempt < 3; attempt++) {
      descriptor ??= attempted(server);
      if (descriptor === null) return "gone";
      const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
      if (libc().send(descriptor, line, BigInt(line.length), flags) >= 0n) return "sent";
      const errno = errorNumber();
      if (errno === EAGAIN || errno === ENOBUFS) return "full";
      // It would not be taken later, either.
      if (errno === EMSGSIZE) return "sent";
      // Of UDP that is what became of an earlier datagram: this one can be sent.
      const isEarlier = errno === EINTR || (errno === ECONNREFUSED && !("path" in server));
      if (!isEarlier) close();
    }
    return "path" in server ? "gone" : "sent";
  };
  return {
    writeNow(bytes) {
      let start = 0;
      while (start < bytes.length) {
        const found = bytes.indexOf(newline, start);
        const end = found < 0 ? bytes.length : found;
        const line = bytes.subarray(start, Math.min(end, start + longest));
        if (line.length > 0 && send(line) !== "sent") break;
        start = Math.min(end + 1, bytes.length);
      }
      return start;
    },
    awaitReader(ms) {
      if (descriptor === null) return false;
      // A socket of Unix is writable as long as its own buffer has room; the server's queue is another.
      libc().poll(new Uint8Array(8), 0n, Math.ceil(Math.min(ms, interval)));
      return true;
    },
    close,
  };
}

function attempted(server: SyslogServer): number | null {
  try {
    return connected(server);
  } catch {
    return null;
  }
}

function connected(server: SyslogServer): number {
  const address = socketAddress(server);
  const family = new DataView(address.buffer).getUint16(0, true);
  const descriptor = libc().socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) throw lastError("socket");
  if (libc().connect(descriptor, address, address.length) === 0) return descriptor;
  const error = lastError("connect");
  libc().close(descriptor);
  throw error;
}

/** `struct sockaddr_un`, `sockaddr_in` or `sockaddr_in6`. */
function socketAddress(server: SyslogServer): Uint8Array<ArrayBuffer> {
  if ("path" in server) return unixAddress(server.path);
  const { hostname, port } = server;
  const isIpv4 = !hostname.includes(":");
  const address = addressBytes(hostname)!;
  const bytes = new Uint8Array(isIpv4 ? 16 : 28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, isIpv4 ? AF_INET : AF_INET6, true);
  view.setUint16(2, port, false);
  if (isIpv4) bytes.set(address.slice(12), 4);
  else bytes.set(address, 8);
  return bytes;
}
