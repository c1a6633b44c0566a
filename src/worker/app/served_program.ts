/** What the app serves: its export, the servers that it has started itself, or both; and at which addresses. */

import { DenicornError } from "../../core/errors.ts";
import { placeServers } from "../../core/placed_servers.ts";
import type { WorkerConfig } from "../../protocol/messages.ts";
import { formatAddress } from "../../system/network/listen_error.ts";
import type { App } from "../../app/load/validate_app.ts";
import type {
  FetchHandler,
  FetchProgramServer,
  NodeServer,
  ProgramServer,
  TcpAddress,
} from "../../system/system.ts";
import type { Served } from "../listeners/listeners.ts";
import type { OpenedApp } from "../programs/open_app.ts";

export interface Program {
  /** In the order of the addresses. */
  readonly served: readonly Served[];
  /** Where it asks to listen; `undefined` if that is where the master said. */
  readonly asked: readonly TcpAddress[] | undefined;
  /** The exported one, and those of its servers. */
  readonly apps: readonly OpenedApp[];
  /** Its servers, each with its place among the addresses, or -1. */
  readonly servers: readonly { readonly server: ProgramServer; readonly place: number }[];
}

/** `app` is the exported one, `null` if there is none; `opened` belong to `servers`. Throws DenicornError `app-address`. */
export function programOf(
  { listen, isBindDefault }: Pick<WorkerConfig, "listen" | "isBindDefault">,
  app: OpenedApp | null,
  servers: readonly ProgramServer[],
  opened: readonly OpenedApp[],
): Program {
  const asked = servers.map((server) => server.asked);
  const placed = placeServers({ bind: listen, isBindDefault, hasApp: app !== null, servers: asked });
  const own = placed.filter(({ address }) => !listen.includes(address));
  const free = own.find(({ address: { port } }) => port === 0);
  if (free !== undefined) throw freePort(free.address);
  const texts = placed.map(({ address }) => formatAddress(address));
  const twice = texts.find((text, index) => texts.indexOf(text) < index);
  if (twice !== undefined) throw sharedAddress(twice);
  const first = app === null ? -1 : placed.findIndex(({ server }) => server < 0);
  return {
    served: placed.map(({ address, server }) => ({
      address,
      serve: (server < 0 ? app : opened[server])!.serve,
    })),
    apps: app === null ? opened : [app, ...opened],
    asked: own.length === 0 ? undefined : placed.map(({ address }) => address),
    servers: servers.map((server, index) => {
      const place = placed.findIndex((other) => other.server === index);
      return { server, place: place < 0 ? first : place };
    }),
  };
}

/** A server as if the app had exported it. */
export function appOf(server: ProgramServer): App {
  if (server.kind === "fetch") return { kind: "fetch", fetch: handlerOf(server) };
  return { kind: "node", open: () => Promise.resolve(server.server as NodeServer) };
}

/** With the answers of its `onError`. */
function handlerOf({ handler, onError }: FetchProgramServer): FetchHandler {
  if (onError === undefined) return handler;
  return (request, info, context) => {
    try {
      const answer = handler(request, info, context);
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
      "another port: start with --bind HOST:PORT, or give the server a port",
  );
}

function sharedAddress(address: string): DenicornError {
  return new DenicornError(
    "app-address",
    `cannot serve the app: two of its servers would listen on ${address}: give one of them another port, or choose ` +
      "another --bind",
  );
}
