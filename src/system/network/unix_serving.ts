/**
 * Serves HTTP on a Unix socket that another process has opened, and that others accept from as well. The runtime opens one
 * of its own, under a name that is no file, and the shared one takes its place.
 */

import { libc } from "../libc.ts";
import { opened } from "./listener_state.ts";
import { duplicate, replaceListener } from "./listener_swap.ts";
import type { FetchHandler, ServeOptions, UnixServer, UnixSource } from "./network.ts";
import { mendUnixUrls } from "./requests/received.ts";
import { serveOnListener } from "./serve_on_listener.ts";

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
    replaceListener(descriptor, shared, true);
    // `info.remoteAddr` is made from it.
    Object.defineProperty(listener, "addr", { value: { transport: "unix", path } });
    return serverOf(serveOnListener(listener, options, handler), descriptor, parked);
  } catch (error) {
    if (parked !== null) libc().close(parked);
    listener.close();
    throw error;
  }
}

function serverOf(
  server: Pick<Deno.HttpServer, "finished" | "shutdown">,
  descriptor: number,
  parked: number,
): UnixServer {
  const socket = socketAt(descriptor);
  let isParked = false;
  void server.finished.catch(() => {});
  return {
    isAccepting: () => !isParked && socket !== null && socketAt(descriptor) === socket,
    leave() {
      if (isParked || socketAt(descriptor) !== socket) return;
      isParked = true;
      replaceListener(descriptor, parked, false);
    },
    async stopAccepting() {
      isParked = true;
      await server.shutdown().catch(() => {});
    },
  };
}

function socketAt(descriptor: number): string | null {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return null;
  }
}
