/** What the app serves: its export, the servers that it has started itself, or both; and at which addresses. */

import { DenicornError } from "../../core/errors.ts";
import { placeServers } from "../../core/placed_servers.ts";
import type { WorkerConfig } from "../../protocol/messages.ts";
import { formatAddress } from "../../system/network/listen_error.ts";
import type { App } from "../../app/load/validate_app.ts";
import type {
  FetchHandler,
  FetchProgramServer,
  ListenAddress,
  NodeServer,
  ProgramServer,
  Serve,
  ServeShared,
  TcpAddress,
} from "../../system/system.ts";
import type { Served } from "../listeners/listeners.ts";
import type { OpenedApp } from "../programs/open_app.ts";

interface TlsConfig extends Pick<WorkerConfig, "certificates"> {
  readonly http2: boolean;
}

export interface Program {
  /** In the order of the addresses. */
  readonly served: readonly Served[];
  /** Where it asks to listen; `undefined` if that is where the master said. */
  readonly asked: readonly TcpAddress[] | undefined;
  /** On shared sockets; `null` if that is impossible. */
  readonly serveShared: ServeShared | null;
  /** The exported one, and those of its servers. */
  readonly apps: readonly OpenedApp[];
  /** Its servers, each with its place among the addresses, or -1. */
  readonly servers: readonly { readonly server: ProgramServer; readonly place: number }[];
}

/** What is served on the addresses for redirects, told where TLS is. */
type ServeRedirects = (port: number) => Serve;

/**
 * `app` is the exported one, `null` if there is none; `opened` belong to `servers`. The addresses for redirects stand
 * between those of `bind` and the program's own. Throws DenicornError `app-address`.
 */
export function programOf(
  config: Pick<WorkerConfig, "listen" | "sharedSockets" | "isBindDefault"> & TlsConfig,
  app: OpenedApp | null,
  servers: readonly ProgramServer[],
  opened: readonly OpenedApp[],
  redirects: ServeRedirects,
): Program {
  const { listen, isBindDefault } = config;
  const isListening = listen.length + config.sharedSockets.length > 0;
  const bind = listen.filter(({ scheme }) => scheme !== "redirect");
  const asked = servers.map((server) => server.asked);
  const found = placeServers({ bind, isListening, isBindDefault, hasApp: app !== null, servers: asked });
  const isOwn = ({ address }: typeof found[number]) => !listen.includes(address);
  const own = found.filter(isOwn);
  const redirecting = listen.filter(({ scheme }) => scheme === "redirect").map((address) => ({
    address,
    server: redirect,
  }));
  const placed: readonly { readonly address: ListenAddress; readonly server: number }[] = [
    ...found.filter((place) => !isOwn(place)),
    ...redirecting,
    ...own,
  ];
  const serveAt = (server: number) =>
    server === redirect
      ? redirects(encryptedPort(placed.map(({ address }) => address), config))
      : (server === exported ? app : opened[server])!.serve;
  const free = own.find(({ address: { port } }) => port === 0);
  if (free !== undefined) throw freePort(free.address);
  const texts = placed.map(({ address }) => formatAddress(address));
  const twice = texts.find((text, index) => texts.indexOf(text) < index);
  if (twice !== undefined) throw sharedAddress(twice);
  const first = app === null ? -1 : placed.findIndex(({ server }) => server === exported);
  return {
    served: placed.map(({ address, server }) => ({
      address,
      serve: secured(serveAt(server), address, config),
    })),
    serveShared: securedShared((app ?? opened[0])?.serveShared ?? null, config),
    apps: app === null ? opened : [app, ...opened],
    asked: own.length === 0 ? undefined : placed.map(({ address }) => address),
    servers: servers.map((server, index) => {
      const place = placed.findIndex((other) => other.server === index);
      return { server, place: place < 0 ? first : place };
    }),
  };
}

/** In place of the number of a server: that of `placeServers` for the exported app, and the one for redirects. */
const exported = -1;
const redirect = -2;

function isEncrypted({ scheme = "https" }: ListenAddress, { certificates }: TlsConfig): boolean {
  return certificates !== null && scheme === "https";
}

/** Whether what is written to a connection of this port reaches its client as it is. */
export function isPlainPort(
  port: number,
  { listen, certificates }: Pick<WorkerConfig, "listen" | "certificates">,
): boolean {
  const address = listen.find((address) => address.port === port);
  return certificates === null || (address?.scheme ?? "https") !== "https";
}

function secured(serve: Serve, address: ListenAddress, config: TlsConfig): Serve {
  const { certificates, http2 } = config;
  if (certificates === null || !isEncrypted(address, config)) return serve;
  const tls = { certificates, http2 };
  return (options) => serve({ ...options, tls });
}

/** With TLS on those of TCP, if there is a certificate. */
function securedShared(serve: ServeShared | null, { certificates, http2 }: TlsConfig): ServeShared | null {
  if (certificates === null || serve === null) return serve;
  const tls = { certificates, http2 };
  return (source, options) => serve(source, "port" in source ? { ...options, tls } : options);
}

/** The first one; 443 if there is none, as where a program asks for its own. */
function encryptedPort(
  placed: readonly ListenAddress[],
  config: TlsConfig & Pick<WorkerConfig, "sharedSockets">,
): number {
  const shared = config.certificates === null ? [] : config.sharedSockets;
  const inherited = shared.filter((source) => "port" in source);
  return [...placed.filter((address) => isEncrypted(address, config)), ...inherited][0]?.port ?? 443;
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
