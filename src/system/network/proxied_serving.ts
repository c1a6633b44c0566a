/**
 * Serves connections that begin with a header of the PROXY protocol. The runtime accepts connections for this program, which
 * reads the header and no more, and then hands each to a server of its own: `Deno.serve` is made of that, too. A
 * connection costs 80 to 130 µs more than one that the runtime accepts itself, a request nothing.
 */

import { type ProxiedClient, proxyHeader } from "../../core/http/proxy_header.ts";
import type { FetchHandler, HttpServer, ProxyProtocol, ServeOptions, SharedServeOptions } from "./network.ts";
import { nameClient } from "./requests/received.ts";
import { serveOnConnection } from "./serve_on_listener.ts";

/** Milliseconds until accepting is tried again, such as when the process is out of file descriptors. */
const retryPause = 50;

/** Only on Linux does Deno balance listeners on one port with SO_REUSEPORT. */
const reusePort = Deno.build.os === "linux";

/** Throws what listening throws. */
export function serveProxied(
  options: ServeOptions,
  protocol: ProxyProtocol,
  handler: FetchHandler,
): HttpServer {
  const { address: { hostname, port }, backlog } = options;
  const listener = Deno.listen(
    { hostname, port, reusePort, tcpBacklog: backlog } as Deno.TcpListenOptions & { port: number },
  );
  const { addr } = listener;
  return {
    address: { hostname: addr.hostname, port: addr.port },
    ...serveAccepted(listener, options, protocol, handler),
  };
}

/** The same with a listener that is open already. */
export function serveAccepted(
  listener: Deno.TcpListener,
  options: SharedServeOptions,
  protocol: ProxyProtocol,
  handler: FetchHandler,
): Pick<HttpServer, "stopAccepting"> {
  const servers = new Set<Pick<Deno.HttpServer, "shutdown">>();
  const serve = async (connection: Deno.TcpConn) => {
    const client = await clientOf(connection, protocol).catch(() => undefined);
    if (client === undefined) return close(connection);
    const server = serveOnConnection(connection, options, namedBy(client, handler));
    servers.add(server);
    // Rejects on Deno 2.7 for what is not HTTP.
    await server.finished.catch(() => {});
    servers.delete(server);
  };
  let isOpen = true;
  void (async () => {
    while (isOpen) {
      try {
        void serve(await listener.accept());
      } catch {
        if (isOpen) await new Promise((resolve) => setTimeout(resolve, retryPause));
      }
    }
  })();
  return {
    async stopAccepting() {
      if (isOpen) {
        isOpen = false;
        close(listener);
      }
      await Promise.all(Array.from(servers, (server) => server.shutdown().catch(() => {})));
    },
  };
}

function namedBy(client: ProxiedClient | null, handler: FetchHandler): FetchHandler {
  if (client === null) return handler;
  const address = { transport: "tcp", ...client };
  return (request, info) => {
    nameClient(request, address);
    return handler(request, info);
  };
}

/** `undefined` for a connection that is not served. */
async function clientOf(
  connection: Deno.TcpConn,
  { isTrusted, onRefused }: ProxyProtocol,
): Promise<ProxiedClient | null | undefined> {
  const { hostname } = connection.remoteAddr;
  if (!isTrusted(hostname)) {
    onRefused(hostname, "not-trusted");
    return undefined;
  }
  let bytes = new Uint8Array();
  for (;;) {
    const header = proxyHeader(bytes);
    if (header.is === "complete") return header.client;
    if (header.is === "none") {
      onRefused(hostname, "no-header");
      return undefined;
    }
    const longer = new Uint8Array(header.length);
    longer.set(bytes);
    for (let at = bytes.length; at < longer.length;) {
      const count = await connection.read(longer.subarray(at));
      // One that ends before it has begun is a check whether the server is there.
      if (count === null) return undefined;
      at += count;
    }
    bytes = longer;
  }
}

function close(resource: Pick<Deno.Conn, "close">): void {
  try {
    resource.close();
  } catch {
    // It is closed already.
  }
}
