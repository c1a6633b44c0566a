/** The worker's listening sockets: opened in the order of the addresses, and copied to the master. */

import type { WorkerOrders } from "../protocol/messages.ts";
import { toListenError } from "../system/listen_error.ts";
import type { FetchHandler, HttpServer, ServeOptions, System } from "../system/system.ts";

export interface Listeners {
  readonly servers: readonly HttpServer[];
  /** Of its sockets, where the master has a copy of them: then it may move new connections to other workers. */
  readonly descriptors: readonly number[];
  /** Why the master has none, if it wanted them. */
  readonly kept: string | undefined;
}

/** Throws DenicornError for an address that cannot be had. */
export function openListeners(
  system: System,
  { listen, post, backlog }: WorkerOrders,
  onError: ServeOptions["onError"],
  handler: FetchHandler,
): Listeners {
  const servers: HttpServer[] = [];
  const descriptors: number[] = [];
  const find = post === null ? () => [] : () => ownListeners(system);
  for (const address of listen) {
    const before = find();
    try {
      servers.push(system.network.serve({ address, backlog, onError }, handler));
    } catch (error) {
      throw toListenError(error, address);
    }
    descriptors.push(...find().filter((descriptor) => !before.includes(descriptor)));
  }
  if (post === null || listen.length === 0) return { servers, descriptors: [], kept: undefined };
  try {
    if (descriptors.length !== listen.length) {
      throw new Error("the listening sockets were not found in /proc");
    }
    system.descriptors.send(post, String(system.host.pid), descriptors);
    return { servers, descriptors, kept: undefined };
  } catch (error) {
    return { servers, descriptors: [], kept: error instanceof Error ? error.message : String(error) };
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
