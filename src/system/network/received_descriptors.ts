/**
 * Closes descriptors that another process has sent. Its sender can make close(2) wait as long as it likes: for a
 * connection with SO_LINGER (socket(7)) until its peer reads, for a file of a FUSE file system until the process behind
 * that answers. So only a listener is closed at once; everything else by a thread of its own.
 */

import { cString, libc } from "../libc.ts";
import { SO_LINGER, SOL_SOCKET } from "../linux_constants.ts";
import { tcpSockets } from "./tcp_sockets.ts";

const doesNotLinger = new Uint8Array(8);

/** Those for which no thread could be started, for example at the limit of tasks. */
let waiting: number[] = [];

/** Never waits. A listener has left its group when this returns. */
export function closeReceived(descriptor: number): void {
  libc().setsockopt(descriptor, SOL_SOCKET, SO_LINGER, doesNotLinger, doesNotLinger.length);
  if (tcpSockets.isListening(descriptor)) libc().close(descriptor);
  else waiting = [...waiting, descriptor].filter((each) => !closeByThread(each));
}

/** `close` of the C library is the whole program of the thread. False if it cannot be started. */
function closeByThread(descriptor: number): boolean {
  const { dlsym, pthread_create, pthread_detach, close } = libc();
  const start = dlsym?.(null, cString("close")) ?? null;
  if (start === null || pthread_create === null || pthread_detach === null) return close(descriptor) === 0;
  const thread = new BigUint64Array(1);
  const argument = Deno.UnsafePointer.create(BigInt(descriptor));
  if (pthread_create(new Uint8Array(thread.buffer), null, start, argument) !== 0) return false;
  pthread_detach(thread[0]!);
  return true;
}
