/**
 * Whether a server of this process still listens. When accepting fails once, as it does when the process is out of
 * file descriptors (EMFILE), the runtime closes the listener and never accepts again. Deno 2.9 rejects `finished` at once, 2.7 only
 * when the last connection has ended: so the socket itself is checked where there is a /proc.
 */

import { ownDescriptors } from "./own_descriptors.ts";

/** Opens a server; `isListening` is false from the moment its listener, at `descriptor`, is closed. */
export function openWatched<Server extends { readonly finished: Promise<void> }>(
  open: () => Server,
): { readonly server: Server; readonly descriptor: number | null; readonly isListening: () => boolean } {
  const { result: server, own } = opened(open);
  let hasEnded = false;
  const end = () => void (hasEnded = true);
  server.finished.then(end, end);
  return {
    server,
    descriptor: own === undefined ? null : Number(own[0]),
    // The name holds the inode: the number of a closed descriptor is soon that of another socket.
    isListening: () => !hasEnded && (own === undefined || socketAt(own[0]) === own[1]),
  };
}

/** What `open` returns, and the one socket that it opened: its descriptor and its name. */
export function opened<T>(open: () => T): { readonly result: T; readonly own: [string, string] | undefined } {
  const before = openSockets();
  const result = open();
  const isOwn = ownDescriptors();
  const found = [...openSockets()].filter(([descriptor, socket]) =>
    before.get(descriptor) !== socket && isOwn(Number(descriptor))
  );
  return { result, own: found.length === 1 ? found[0] : undefined };
}

/** The sockets of this process by descriptor, as `socket:[inode]`; none where there is no /proc. */
function openSockets(): Map<string, string> {
  const found = new Map<string, string>();
  try {
    for (const { name } of Deno.readDirSync("/proc/self/fd")) {
      const socket = socketAt(name);
      if (socket !== null) found.set(name, socket);
    }
  } catch {
    // Not Linux, or out of descriptors.
  }
  return found;
}

/** Takes no descriptor, so it works when none is left. */
function socketAt(descriptor: string): string | null {
  try {
    const target = Deno.readLinkSync(`/proc/self/fd/${descriptor}`);
    return target.startsWith("socket:") ? target : null;
  } catch {
    return null;
  }
}
