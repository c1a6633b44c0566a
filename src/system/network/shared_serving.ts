/**
 * Serves HTTP on a socket that another process has opened, and that others accept from as well. The runtime opens one of
 * its own, where nobody comes, and the shared one takes its place.
 */

import { readLinkThroughProc } from "../files/stat_through_proc.ts";
import { lastError, libc } from "../libc.ts";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from "../linux_constants.ts";
import { type Acceptance, acceptanceAt, duplicate } from "./listener_swap.ts";
import type { FetchHandler, HttpServer, SharedServeOptions, SharedServer, SharedSource } from "./network.ts";
import { serveAccepted } from "./proxied_serving.ts";
import { mendUnixUrls } from "./requests/received.ts";
import { serveOnListener } from "./serve_on_listener.ts";
import { isOnLoopback, openDescriptors } from "./tcp_info.ts";
import { tcpSockets } from "./tcp_sockets.ts";
import { listenTls } from "./tls/tls.ts";
import { pathOf } from "./unix/unix_sockets.ts";

/** Throws if that is impossible. */
export function serveShared(
  source: SharedSource,
  options: SharedServeOptions,
  handler: FetchHandler,
): SharedServer {
  const isUnix = "path" in source;
  if (isUnix) mendUnixUrls();
  const { listener, isAt } = isUnix ? listenUnseen() : listenTcp(options);
  let parked: number | null = null;
  try {
    const descriptor = descriptorWhere(isAt);
    // A TCP socket that is left open could be reached.
    parked = isUnix ? duplicate(descriptor) : emptySocket();
    const acceptance = acceptanceAt(descriptor);
    acceptance.begin(source.descriptor);
    // `info.remoteAddr` of a Unix socket is made from it, and the URL of a request without a Host header.
    Object.defineProperty(listener, "addr", { value: addressOf(source) });
    const server = serveOn(listener, options, handler);
    return serverOf(server, acceptance, { descriptor, shared: source.descriptor, parked });
  } catch (error) {
    if (parked !== null) libc().close(parked);
    listener.close();
    throw error;
  }
}

/** Not by what /proc lists: a worker whose app has few permissions may not read that. */
function descriptorWhere(isOwn: (descriptor: number) => boolean): number {
  const found = openDescriptors().find(isOwn);
  if (found === undefined) throw new Error("the listening socket was not found");
  return found;
}

interface HiddenListener {
  readonly listener: Deno.Listener;
  /** Whether it listens at that descriptor. */
  readonly isAt: (descriptor: number) => boolean;
}

/** Under a name that is no file. */
function listenUnseen(): HiddenListener {
  const name = `denicorn-${crypto.randomUUID()}`;
  const listener = Deno.listen({ transport: "unix", path: `\0${name}` }) as Deno.Listener;
  return { listener, isAt: (descriptor) => pathOf(descriptor) === `@${name}` };
}

/** Its socket is closed at once. */
function listenTcp({ tls }: SharedServeOptions): HiddenListener {
  const address = { hostname: "127.0.0.1", port: 0 };
  const listener = tls === undefined
    ? Deno.listen(address)
    : listenTls({ address, backlog: 1 }, tls) as unknown as Deno.Listener;
  const { port } = listener.addr as Deno.NetAddr;
  return {
    listener,
    isAt: (descriptor) => tcpSockets.listeningPort(descriptor) === port && isOnLoopback(descriptor),
  };
}

function addressOf(source: SharedSource): Deno.Addr {
  return "path" in source
    ? { transport: "unix", path: source.path }
    : { transport: "tcp", hostname: source.hostname, port: source.port };
}

/** Listens under a name that the kernel chooses: it never has a connection, as the runtime's own sockets while it waits. */
function emptySocket(): number {
  const descriptor = libc().socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) throw lastError("socket");
  const unnamed = new Uint8Array(new Uint16Array([AF_UNIX]).buffer);
  if (libc().bind(descriptor, unnamed, unnamed.length) !== 0 || libc().listen(descriptor, 0) !== 0) {
    const error = lastError("listen");
    libc().close(descriptor);
    throw error;
  }
  return descriptor;
}

function serveOn(
  listener: Deno.Listener,
  options: SharedServeOptions,
  handler: FetchHandler,
): Pick<HttpServer, "stopAccepting"> {
  const { proxyProtocol } = options;
  if (proxyProtocol !== undefined && listener.addr.transport === "tcp") {
    return serveAccepted(listener as Deno.TcpListener, options, proxyProtocol, handler);
  }
  const server = serveOnListener(listener, options, handler);
  void server.finished.catch(() => {});
  return { stopAccepting: () => server.shutdown().catch(() => {}) };
}

interface Sockets {
  /** Where the runtime accepts. */
  readonly descriptor: number;
  readonly shared: number;
  /** What stands there while it does not accept. */
  readonly parked: number;
}

function serverOf(
  { stopAccepting }: Pick<HttpServer, "stopAccepting">,
  acceptance: Acceptance,
  { descriptor, shared, parked }: Sockets,
): SharedServer {
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
    stopAccepting,
  };
}

/** The name of the socket, which another one does not have, also at the same descriptor. */
function socketAt(descriptor: number): string | null {
  try {
    return readLinkThroughProc(`/proc/self/fd/${descriptor}`);
  } catch {
    return null;
  }
}
