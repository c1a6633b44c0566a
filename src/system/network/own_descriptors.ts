/**
 * Which open files are this thread's. All threads of a process have the same descriptors, but the runtime of each waits for
 * its own in an epoll instance of its own, and proc(5) lists them in the `tfd` lines of `/proc/self/fdinfo`. In a process
 * without such threads all are its own, and nothing is read.
 */

import { registrationOf } from "./listener_swap.ts";
import { portOf, readInfo } from "./tcp_info.ts";

/** `null` for the whole process. */
let epoll: number | null = null;
let own: ReadonlySet<number> = new Set();
let readAt = -Infinity;

/** From now on only what this thread has opened is its own. Throws if the system does not tell them apart. */
export function narrowToThread(): void {
  try {
    epoll = ownEpoll();
  } catch (error) {
    throw new Error(
      `cannot tell the connections of a thread from those of others: /proc (${
        error instanceof Error ? error.message : error
      }): mount it, or use worker-class async`,
    );
  }
}

function ownEpoll(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const { port } = listener.addr as Deno.NetAddr;
    const found = Array.from(Deno.readDirSync("/proc/self/fd"), ({ name }) => Number(name))
      .find((descriptor) => readInfo(descriptor) && portOf(descriptor) === port);
    if (found === undefined) throw new Error("its sockets are not in /proc/self/fd");
    return registrationOf(found).epoll;
  } finally {
    listener.close();
  }
}

const all = () => true;
const isInOwn = (descriptor: number) => own.has(descriptor);

/** Tells whether a descriptor is this thread's, by a list that is at most so old (ms). */
export function ownDescriptors(oldest = 0): (descriptor: number) => boolean {
  if (epoll === null) return all;
  const now = performance.now();
  if (now - readAt >= oldest) {
    readAt = now;
    const rows = Deno.readTextFileSync(`/proc/self/fdinfo/${epoll}`).matchAll(/^tfd:\s*(\d+)/gm);
    own = new Set(Array.from(rows, ([, descriptor]) => Number(descriptor)));
  }
  return isInOwn;
}
