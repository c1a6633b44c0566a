/** What `Deno.serve` itself is made of: both runtimes have it, and it takes a listener. */

import type { FetchHandler, ServeOptions } from "./network.ts";

interface ServerParts {
  readonly resolverSymbol: symbol;
  serveHttpOnListener(
    listener: Deno.Listener,
    signal: AbortSignal,
    handler: FetchHandler,
    onError: ServeOptions["onError"],
    onListen: () => void,
    isCompressing: boolean,
  ): Pick<Deno.HttpServer, "finished" | "shutdown">;
  serveHttpOnConnection(
    connection: Deno.Conn,
    signal: AbortSignal,
    handler: FetchHandler,
    onError: ServeOptions["onError"],
    onListen: () => void,
  ): Pick<Deno.HttpServer, "finished" | "shutdown">;
}

export function serverParts(): ServerParts {
  const { internal } = Deno as unknown as { readonly internal: symbol };
  return Reflect.get(Deno, internal) as ServerParts;
}

export function serveOnListener(
  listener: Deno.Listener,
  { onError, isCompressing }: Pick<ServeOptions, "onError" | "isCompressing">,
  handler: FetchHandler,
): Pick<Deno.HttpServer, "finished" | "shutdown"> {
  const { signal } = new AbortController();
  return serverParts().serveHttpOnListener(listener, signal, handler, onError, () => {}, isCompressing);
}

/** Serves one connection. */
export function serveOnConnection(
  connection: Deno.Conn,
  { onError }: Pick<ServeOptions, "onError">,
  handler: FetchHandler,
): Pick<Deno.HttpServer, "finished" | "shutdown"> {
  const { signal } = new AbortController();
  return serverParts().serveHttpOnConnection(connection, signal, handler, onError, () => {});
}
