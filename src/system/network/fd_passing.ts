/**
 * Sends open sockets from one process to another, over a Unix datagram socket (SCM_RIGHTS, unix(7)): one that has a
 * path, or one that the sender inherited from the receiver. The runtime cannot do that. Structures as on 64-bit Linux.
 */

import { addressOf, lastError, libc } from "../libc.ts";
import {
  AF_UNIX,
  MSG_CMSG_CLOEXEC,
  MSG_DONTWAIT,
  SHUT_RD,
  SO_PASSCRED,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
} from "../linux_constants.ts";
import { closeReceived } from "./received_descriptors.ts";
import { unixAddress } from "./unix/unix_address.ts";
import type { FdInbox, FdMessage, FdPair } from "../system.ts";

const SCM_RIGHTS = 1;
const SCM_CREDENTIALS = 2;

/** The kernel passes at most 253 descriptors at once (SCM_MAX_FD). */
export const maxDescriptors = 253;

const longestTag = 256;
const headerSize = 56;
const controlHeaderSize = 16;
/** A `struct ucred`, padded to 8 bytes. */
const credentialsSize = controlHeaderSize + 16;
const controlSize = controlHeaderSize + 4 * maxDescriptors + 4 + credentialsSize;

/** Throws if the socket cannot be created. */
export function openFdInbox(path: string): FdInbox {
  const fd = datagramSocket();
  try {
    const on = Int32Array.of(1);
    if (libc().setsockopt(fd, SOL_SOCKET, SO_PASSCRED, new Uint8Array(on.buffer), 4) !== 0) {
      throw lastError("setsockopt SO_PASSCRED");
    }
    if (libc().bind(fd, unixAddress(path), unixAddress(path).length) !== 0) throw lastError(`bind ${path}`);
    Deno.chmodSync(path, 0o600);
  } catch (error) {
    libc().close(fd);
    throw error;
  }
  return inboxOf(fd);
}

/** An inbox, and the descriptor that a process has to inherit to send to it. */
export function openFdPair(): FdPair {
  const pair = new Int32Array(2);
  if (libc().socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) !== 0) throw lastError("socketpair");
  return { inbox: inboxOf(pair[0]!), descriptor: pair[1]! };
}

function inboxOf(fd: number): FdInbox {
  let isClosed = false;
  return {
    receive: () => isClosed ? [] : received(fd),
    close() {
      // By now the number may belong to another file.
      if (isClosed) return;
      isClosed = true;
      // From now on nothing more can be sent. What is left in the inbox would be closed with it.
      libc().shutdown(fd, SHUT_RD);
      for (const { descriptors } of received(fd, Infinity)) descriptors.forEach(closeReceived);
      libc().close(fd);
    },
  };
}

/** Sends `descriptors`, which stay open here, with a short tag. Throws if there is no inbox at `path`. */
export function sendDescriptors(path: string, tag: string, descriptors: readonly number[]): void {
  const fd = datagramSocket();
  try {
    send(fd, tag, descriptors, path);
  } finally {
    libc().close(fd);
  }
}

/** The same over a descriptor of a pair, which this process has inherited. */
export function sendOverPair(fd: number, descriptors: readonly number[]): void {
  send(fd, "", descriptors, null);
}

/** `path` is `null` for a socket that is connected. */
function send(fd: number, tag: string, descriptors: readonly number[], path: string | null): void {
  const control = new ArrayBuffer(controlHeaderSize + Math.ceil(descriptors.length / 2) * 8);
  const view = new DataView(control);
  view.setBigUint64(0, BigInt(controlHeaderSize + 4 * descriptors.length), true);
  view.setInt32(8, SOL_SOCKET, true);
  view.setInt32(12, SCM_RIGHTS, true);
  descriptors.forEach((descriptor, index) => view.setInt32(controlHeaderSize + 4 * index, descriptor, true));
  const address = path === null ? null : unixAddress(path);
  const message = new Message(new TextEncoder().encode(tag), new Uint8Array(control), address);
  if (libc().sendmsg(fd, message.header, MSG_DONTWAIT) < 0n) {
    throw lastError(path === null ? "sendmsg" : `sendmsg ${path}`);
  }
}

/** A sender that never stops must not keep the receiver busy. The kernel queues 10 (net.unix.max_dgram_qlen). */
const mostMessages = 64;

function* received(fd: number, most = mostMessages): Generator<FdMessage> {
  for (let count = 0; count < most; count++) {
    const tag = new Uint8Array(longestTag);
    const control = new Uint8Array(controlSize);
    const message = new Message(tag, control, null);
    const length = Number(libc().recvmsg(fd, message.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
    if (length < 0) return;
    yield {
      tag: new TextDecoder().decode(tag.subarray(0, length)),
      ...readControl(control, message.controlLength),
    };
  }
}

/** Each item in `control` has a header: its length in 8 bytes, its level, its type. */
function readControl(
  control: Uint8Array<ArrayBuffer>,
  length: number,
): Pick<FdMessage, "sender" | "descriptors"> {
  const view = new DataView(control.buffer);
  const descriptors: number[] = [];
  let sender: number | null = null;
  for (let at = 0; at + controlHeaderSize <= length;) {
    const end = at + Number(view.getBigUint64(at, true));
    const [level, type] = [view.getInt32(at + 8, true), view.getInt32(at + 12, true)];
    const content = at + controlHeaderSize;
    if (level === SOL_SOCKET && type === SCM_CREDENTIALS) sender = view.getInt32(content, true);
    if (level === SOL_SOCKET && type === SCM_RIGHTS) {
      for (let place = content; place + 4 <= end; place += 4) descriptors.push(view.getInt32(place, true));
    }
    // The next one begins at a multiple of 8.
    at = Math.max(content, Math.ceil(end / 8) * 8);
  }
  return { sender, descriptors };
}

/** `struct msghdr` with one piece of data. Keeps the buffers alive that it points to. */
class Message {
  readonly header = new Uint8Array(headerSize);
  readonly #view = new DataView(this.header.buffer);
  readonly #parts: readonly Uint8Array<ArrayBuffer>[];

  constructor(
    data: Uint8Array<ArrayBuffer>,
    control: Uint8Array<ArrayBuffer>,
    name: Uint8Array<ArrayBuffer> | null,
  ) {
    const piece = new Uint8Array(16);
    const pieceView = new DataView(piece.buffer);
    pieceView.setBigUint64(0, addressOf(data), true);
    pieceView.setBigUint64(8, BigInt(data.length), true);
    this.#parts = [data, control, piece, ...(name === null ? [] : [name])];
    if (name !== null) {
      this.#view.setBigUint64(0, addressOf(name), true);
      this.#view.setUint32(8, name.length, true);
    }
    this.#view.setBigUint64(16, addressOf(piece), true);
    this.#view.setBigUint64(24, 1n, true);
    this.#view.setBigUint64(32, addressOf(control), true);
    this.#view.setBigUint64(40, BigInt(control.length), true);
  }

  /** How many bytes of the control buffer the kernel has filled. */
  get controlLength(): number {
    return Math.min(Number(this.#view.getBigUint64(40, true)), this.#parts[1]?.length ?? 0);
  }
}

function datagramSocket(): number {
  const fd = libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw lastError("socket");
  return fd;
}
