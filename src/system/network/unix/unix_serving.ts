/**
 * Serves HTTP on a Unix socket that another process has opened, and that others accept from as well. The runtime opens one
 * of its own, under a name that is no file, and the shared one takes its place.
 */

import { libc } from "../../libc.ts";
import { opened } from "../listener_state.ts";
import { type Acceptance, acceptanceAt, duplicate } from "../listener_swap.ts";
import type { FetchHandler, ServeOptions, UnixServer, UnixSource } from "../network.ts";
import { mendUnixUrls } from "../requests/received.ts";
import { serveOnListener } from "../serve_on_listener.ts";

/** Throws if that is impossible. */
export function serveUnixSocket(
  { path, descriptor: shared }: UnixSource,
  options: Pick<ServeOptions, "isCompressing" | "onError">,
  handler: FetchHandler,
): UnixServer {
  mendUnixUrls();
  const name = `\0denicorn-${crypto.randomUUID()}`;
  const { result: listener, own } = opened(() => Deno.listen({ transport: "unix", path: name }));
  let parked: number | null = null;
  try {
    if (own === undefined) throw new Error("the listening socket was not found");
    const descriptor = Number(own[0]);
    parked = duplicate(descriptor);
    const acceptance = acceptanceAt(descriptor);
    acceptance.begin(shared);
    // `info.remoteAddr` is made from it.
    Object.defineProperty(listener, "addr", { value: { transport: "unix", path } });
    const server = serveOnListener(listener, options, handler);
    return serverOf(server, acceptance, { descriptor, shared, parked });
  } catch (error) {
    if (parked !== null) libc().close(parked);
    listener.close();
    throw error;
  }
}

interface Sockets {
  /** Where the runtime accepts. */
  readonly descriptor: number;
  readonly shared: number;
  /** The runtime's own. */
  readonly parked: number;
}

function serverOf(
  server: Pick<Deno.HttpServer, "finished" | "shutdown">,
  acceptance: Acceptance,
  { descriptor, shared, parked }: Sockets,
): UnixServer {
  void server.finished.catch(() => {});
  const parkedSocket = socketAt(parked);
  const sharedSocket = socketAt(shared);
  let isClosed = false;
  return {
    get state() {
      if (isClosed) return "closed";
      const socket = socketAt(descriptor);
      if (socket === sharedSocket && socket !== null) return "accepting";
      if (socket === parkedSocket && socket !== null) return "parked";
      isClosed = true;
      libc().close(parked);
      return "closed";
    },
    accept() {
      if (this.state === "parked") acceptance.begin(shared);
    },
    leave() {
      if (this.state === "accepting") acceptance.end(parked);
    },
    stopAccepting: () => server.shutdown().catch(() => {}),
  };
}

/** The name of the socket, which another one does not have, also at the same descriptor. */
function socketAt(descriptor: number): string | null {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return null;
  }
}
