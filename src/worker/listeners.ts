/** The worker's listening sockets: opened in the order of the addresses, and copied to the master. */

import type { WorkerConfig } from "../protocol/messages.ts";
import { toListenError } from "../system/listen_error.ts";
import type { FetchHandler, HttpServer, ServeOptions, System } from "../system/system.ts";

export interface Listeners {
  readonly servers: readonly HttpServer[];
  /** Of its sockets; empty where the system does not tell. */
  readonly descriptors: readonly number[];
  /** The master has copies of them: then it may move new connections to other workers. */
  readonly isShared: boolean;
  /** Why the master has none, if it wanted them. */
  readonly sharingFailure: string | undefined;
}

/** Throws DenicornError for an address that cannot be had. */
export function openListeners(
  system: System,
  { listen, fdInbox, backlog }: WorkerConfig,
  onError: ServeOptions["onError"],
  handler: FetchHandler,
): Listeners {
  const servers: HttpServer[] = [];
  const descriptors: number[] = [];
  for (const address of listen) {
    const before = ownListeners(system);
    try {
      servers.push(system.network.serve({ address, backlog, onError }, handler));
    } catch (error) {
      throw toListenError(error, address);
    }
    descriptors.push(...ownListeners(system).filter((descriptor) => !before.includes(descriptor)));
  }
  const own = { servers, descriptors, isShared: false };
  if (fdInbox === null || listen.length === 0) return { ...own, sharingFailure: undefined };
  try {
    if (descriptors.length !== listen.length) {
      throw new Error("the listening sockets were not found in /proc");
    }
    system.descriptors.send(fdInbox, String(system.host.pid), descriptors);
    return { ...own, isShared: true, sharingFailure: undefined };
  } catch (error) {
    return { ...own, sharingFailure: error instanceof Error ? error.message : String(error) };
  }
}

/** Empty where the system cannot tell: the master then learns that nothing was handed to it. */
function ownListeners({ sockets }: System): number[] {
  try {
    return sockets.listeners().map(({ descriptor }) => descriptor);
  } catch {
    return [];
  }
}
