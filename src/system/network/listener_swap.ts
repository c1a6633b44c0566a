/**
 * Gives a server of the runtime another listening socket. Deno serves no socket that was opened elsewhere, but the kernel
 * lets two open files change places under a descriptor: dup3(2) puts the socket where the server expects its own. That
 * takes the server's socket out of the runtime's epoll instance, so the other one is added to it with the same events
 * and token, which proc(5) shows in the `tfd` lines of `/proc/self/fdinfo`. Linux only.
 */

import { readLinkThroughProc, readTextThroughProc } from "../files/stat_through_proc.ts";
import { lastError, libc } from "../libc.ts";
import { F_DUPFD_CLOEXEC, O_CLOEXEC } from "../linux_constants.ts";
import { openDescriptors } from "./tcp_info.ts";

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLRDHUP = 0x2000;

interface Registration {
  readonly epoll: number;
  readonly events: number;
  readonly token: bigint;
}

/** Another descriptor of the same open file; new processes do not inherit it. */
export function duplicate(descriptor: number): number {
  const copy = libc().fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw lastError("fcntl F_DUPFD_CLOEXEC");
  return copy;
}

/** What accepts at `descriptor` accepts from the socket of `kept` from now on. Both stay open. */
export function swapListener(descriptor: number, kept: number): void {
  const { epoll, events, token } = registrationOf(descriptor);
  if (libc().dup3(kept, descriptor, O_CLOEXEC) !== descriptor) throw lastError("dup3");
  register({ epoll, events, token }, descriptor);
}

/** Where a server accepts that changes between a socket that is open elsewhere, too, and one where nobody connects. */
export interface Acceptance {
  /** Accepts from `socket`. */
  begin(socket: number): void;
  /** From now on nothing is accepted; `other` stands there meanwhile. */
  end(other: number): void;
}

/**
 * For the server that listens at `descriptor`, from where it accepts until then. The kernel would go on to report events of
 * a socket that is open elsewhere, so its registration ends first. Throws if that fails.
 */
export function acceptanceAt(descriptor: number): Acceptance {
  const { epoll, events, token } = registrationOf(descriptor);
  // Where new connections are refused, the runtime would take EPOLLRDHUP for an end that never comes, and spin.
  const registration = { epoll, events: events & ~EPOLLRDHUP, token };
  let isRegistered = true;
  const replace = (socket: number) => {
    const nothing = new Uint8Array(16);
    if (isRegistered && libc().epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nothing) !== 0) {
      throw lastError("epoll_ctl");
    }
    isRegistered = false;
    if (libc().dup3(socket, descriptor, O_CLOEXEC) !== descriptor) throw lastError("dup3");
  };
  return {
    begin(socket) {
      replace(socket);
      register(registration, descriptor);
      isRegistered = true;
    },
    end: replace,
  };
}

function register({ epoll, events, token }: Registration, descriptor: number): void {
  // `struct epoll_event` is packed on x86-64 only.
  const event = new Uint8Array(16);
  const view = new DataView(event.buffer);
  view.setUint32(0, events, true);
  view.setBigUint64(Deno.build.arch === "x86_64" ? 4 : 8, token, true);
  if (libc().epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, event) !== 0) throw lastError("epoll_ctl");
}

/** Where the runtime waits for events of `descriptor`. */
export function registrationOf(descriptor: number): Registration {
  const inode = readLinkThroughProc(`/proc/self/fd/${descriptor}`).match(/\d+/)?.[0];
  for (const name of openDescriptors()) {
    if (linkOf(name) !== "anon_inode:[eventpoll]") continue;
    const rows = readTextThroughProc(`/proc/self/fdinfo/${name}`).matchAll(
      /^tfd:\s*(\d+) events:\s*([0-9a-f]+) data:\s*([0-9a-f]+).* ino:([0-9a-f]+)/gm,
    );
    for (const [, target, events, data, file] of rows) {
      if (Number(target) !== descriptor || String(parseInt(file!, 16)) !== inode) continue;
      return { epoll: name, events: parseInt(events!, 16), token: BigInt(`0x${data}`) };
    }
  }
  throw new Error(`descriptor ${descriptor} is in no epoll instance`);
}

/** Empty for one that has been closed, such as that of the directory itself. */
function linkOf(descriptor: number): string {
  try {
    return readLinkThroughProc(`/proc/self/fd/${descriptor}`);
  } catch {
    return "";
  }
}
