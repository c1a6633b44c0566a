/** What the app serves: its export, the servers that it has started itself, or both; and at which addresses. */

import { DenicornError } from "../core/errors.ts";
import { placeServers } from "../core/placed_servers.ts";
import type { WorkerConfig } from "../protocol/messages.ts";
import { formatAddress } from "../system/network/listen_error.ts";
import type { FetchHandler, ProgramServer, TcpAddress } from "../system/system.ts";
import type { Served } from "./listeners.ts";

export interface Program {
  /** In the order of the addresses. */
  readonly served: readonly Served[];
  /** Where it asks to listen; `undefined` if that is where the master said. */
  readonly asked: readonly TcpAddress[] | undefined;
  /** Its servers, each with its place among the addresses, or -1. */
  readonly servers: readonly { readonly server: ProgramServer; readonly place: number }[];
}

/** `app` is the exported one, `null` if there is none. Throws DenicornError `app-address`. */
export function programOf(
  { listen, isBindDefault }: Pick<WorkerConfig, "listen" | "isBindDefault">,
  app: FetchHandler | null,
  servers: readonly ProgramServer[],
): Program {
  const asked = servers.map((server) => server.asked);
  const placed = placeServers({ bind: listen, isBindDefault, hasApp: app !== null, servers: asked });
  const own = placed.filter(({ address }) => !listen.includes(address));
  const free = own.find(({ address: { port } }) => port === 0);
  if (free !== undefined) throw freePort(free.address);
  const texts = placed.map(({ address }) => formatAddress(address));
  const twice = texts.find((text, index) => texts.indexOf(text) < index);
  if (twice !== undefined) throw sharedAddress(twice);
  const handlers = servers.map(handlerOf);
  const first = app === null ? -1 : placed.findIndex(({ server }) => server < 0);
  return {
    served: placed.map(({ address, server }) => ({
      address,
      handler: (server < 0 ? app : handlers[server])!,
    })),
    asked: own.length === 0 ? undefined : placed.map(({ address }) => address),
    servers: servers.map((server, index) => {
      const place = placed.findIndex((other) => other.server === index);
      return { server, place: place < 0 ? first : place };
    }),
  };
}

/** What answers first: the readiness of the app is asked there. */
export function mainHandler(app: FetchHandler | null, servers: readonly ProgramServer[]): FetchHandler {
  return app ?? handlerOf(servers[0]!);
}

/** With the answers of its `onError`. */
function handlerOf({ handler, onError }: ProgramServer): FetchHandler {
  if (onError === undefined) return handler;
  return (request, info) => {
    try {
      const answer = handler(request, info);
      return answer instanceof Promise ? answer.catch(onError) : answer;
    } catch (error) {
      return onError(error);
    }
  };
}

function freePort(address: TcpAddress): DenicornError {
  return new DenicornError(
    "app-address",
    `cannot serve the app: it asks to listen on ${
      formatAddress(address)
    }, and with port 0 each worker would get ` +
      "another port: start with --bind HOST:PORT, or give Deno.serve a port",
  );
}

function sharedAddress(address: string): DenicornError {
  return new DenicornError(
    "app-address",
    `cannot serve the app: two of its servers would listen on ${address}: give one of them another port, or choose ` +
      "another --bind",
  );
}
