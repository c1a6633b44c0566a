/** Listening for TLS connections, and serving what is asked over them. */

import { certificateFor } from "../../../core/server_names.ts";
import type { FetchHandler, ServeOptions, Tls } from "../network.ts";
import { serveOnListener, serverParts } from "../serve_on_listener.ts";

/** Only on Linux does Deno balance listeners on one port with SO_REUSEPORT. */
const reusePort = Deno.build.os === "linux";

/** With `cert` and `key`, `Deno.serve` would always offer HTTP/2, and only one certificate. Throws what listening throws. */
export function listenTls(
  { address: { hostname, port }, backlog }: Pick<ServeOptions, "address" | "backlog">,
  { certificates, http2 }: Tls,
): Deno.TlsListener {
  const [first, ...more] = certificates;
  const identity = more.length === 0
    ? { cert: first.cert, key: first.key }
    : { [serverParts().resolverSymbol]: (name: string) => certificateFor(certificates, name) };
  const options = {
    ...{ hostname, port, reusePort, tcpBacklog: backlog },
    alpnProtocols: http2 ? ["h2", "http/1.1"] : ["http/1.1"],
    ...identity,
  };
  return Deno.listenTls(options as unknown as Deno.ListenTlsOptions & Deno.TlsCertifiedKeyPem);
}

/** Throws what listening throws. */
export function serveTls(
  options: ServeOptions,
  tls: Tls,
  handler: FetchHandler,
): Pick<Deno.HttpServer<Deno.NetAddr>, "addr" | "finished" | "shutdown"> {
  const listener = listenTls(options, tls);
  const server = serveOnListener(listener, options, handler);
  return {
    addr: listener.addr as Deno.NetAddr,
    finished: server.finished,
    shutdown: () => server.shutdown(),
  };
}
