/** Listening for TLS connections, and serving what is asked over them. */

import { certificateFor } from "../../../core/server_names.ts";
import type { FetchHandler, ServeOptions, Tls } from "../network.ts";

/**
 * What `Deno.serve` itself is made of. With `cert` and `key` it would always offer HTTP/2, and only one certificate; both
 * runtimes have these.
 */
interface ServerParts {
  readonly resolverSymbol: symbol;
  serveHttpOnListener(
    listener: Deno.TlsListener,
    signal: AbortSignal,
    handler: FetchHandler,
    onError: ServeOptions["onError"],
    onListen: () => void,
    isCompressing: boolean,
  ): Omit<Deno.HttpServer<Deno.NetAddr>, "addr">;
}

function serverParts(): ServerParts {
  const { internal } = Deno as unknown as { readonly internal: symbol };
  return Reflect.get(Deno, internal) as ServerParts;
}

/** Only on Linux does Deno balance listeners on one port with SO_REUSEPORT. */
const reusePort = Deno.build.os === "linux";

/** Throws what listening throws. */
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
  const { signal } = new AbortController();
  const { onError, isCompressing } = options;
  const server = serverParts().serveHttpOnListener(
    listener,
    signal,
    handler,
    onError,
    () => {},
    isCompressing,
  );
  return {
    addr: listener.addr as Deno.NetAddr,
    finished: server.finished,
    shutdown: () => server.shutdown(),
  };
}
