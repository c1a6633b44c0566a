/**
 * Where a program listens that starts its own servers (`Deno.serve`): the addresses it asks for, `bind`, or both. A
 * worker decides it when the program is loaded, and the master grants it, so that all workers listen on the same ones.
 */

/** As in the options of `Deno.serve`. */
interface AskedAddress {
  readonly hostname?: string | undefined;
  readonly port?: number | undefined;
}

interface Address {
  readonly hostname: string;
  readonly port: number;
}

/** The defaults of `Deno.serve`. */
const anyHost = "0.0.0.0";
const usualPort = 8000;

interface Program {
  /** The addresses of the `bind` setting. */
  readonly bind: readonly Address[];
  /** False if nothing is to listen. */
  readonly isListening: boolean;
  /** The setting has its default value. */
  readonly isBindDefault: boolean;
  /** The module exports an app. */
  readonly hasApp: boolean;
  /** Its servers, in the order in which it has started them. */
  readonly servers: readonly AskedAddress[];
}

interface Placed {
  readonly address: Address;
  /** Which of the servers gets its requests; -1 for the exported app. */
  readonly server: number;
}

/**
 * Without an exported app the first server is on `bind`, if that is set, and otherwise where it asks to be. With one
 * `bind` is the app's, and a server that asks for the same port, or for none, is another name for it.
 */
export function placeServers(
  { bind, isListening, isBindDefault, hasApp, servers }: Program,
): readonly Placed[] {
  if (!isListening) return [];
  const isFirstOnBind = hasApp || !isBindDefault;
  const first = isFirstOnBind ? bind.map((address) => ({ address, server: hasApp ? -1 : 0 })) : [];
  const others = servers.flatMap((asked, server): Placed[] => {
    if (server === 0 && !hasApp && isFirstOnBind) return [];
    const isSame = hasApp && (asked.port === undefined || bind.some(({ port }) => port === asked.port));
    return isSame ? [] : [{ address: addressOf(asked), server }];
  });
  return [...first, ...others];
}

/**
 * Whether two servers are one for who asks for localhost: Fastify listens on 127.0.0.1 and, a moment later, on ::1. The
 * first one is enough.
 */
export function isSameLoopback(one: AskedAddress, other: AskedAddress): boolean {
  const isLoopback = (host = anyHost) => host === "127.0.0.1" || host === "::1";
  return one.port === other.port && one.hostname !== other.hostname && isLoopback(one.hostname) &&
    isLoopback(other.hostname);
}

/** What `Deno.serve` would listen on. */
export function addressOf({ hostname = anyHost, port = usualPort }: AskedAddress): Address {
  return { hostname, port };
}
