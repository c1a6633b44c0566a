/**
 * Serves an app of `node:http` on addresses that other processes share. The app's own server never listens: a server
 * made for each address passes on what happens on its connections. So one app can have several addresses, listen again
 * after its listeners were lost, and whatever it does to its own server cuts no drain. Requests are handled by the
 * runtime's own `node:http`, without a detour by `fetch`, which handled a fifth as many.
 */

import http from "node:http";
import https from "node:https";
import { duplicate } from "./listener_swap.ts";
import { opened } from "./listener_state.ts";
import { abandon, endWithClient, keepWhole, onClose, sendAnswer } from "./node_response.ts";
import { countWritten, writtenTo } from "./node_written.ts";
import { secureServer } from "./tls/node_tls.ts";
import { runtimeListen, takeNodeServers } from "./node_servers.ts";
import type { HttpServer } from "./network.ts";
import { listenTls } from "./tls/tls.ts";
import type { NodeEmit, NodeHandler, NodeHttp, NodeServer } from "./node_http.ts";

/** What a server of an address does itself; all else is the app's. */
const ownEvents = new Set([
  "connection",
  "secureConnection",
  "tlsClientError",
  "newSession",
  "resumeSession",
  "OCSPRequest",
  "keylog",
  "listening",
  "close",
  "error",
  "newListener",
  "removeListener",
]);

/** What an app may set on its server, at any time: new connections have it. */
const limits = [
  "timeout",
  "keepAliveTimeout",
  "headersTimeout",
  "requestTimeout",
  "maxHeadersCount",
  "maxHeaderSize",
  "maxRequestsPerSocket",
  "requireHostHeader",
  "joinDuplicateHeaders",
  "insecureHTTPParser",
  "rejectNonStandardBodyWrites",
  "highWaterMark",
  "httpAllowHalfOpen",
  "optimizeEmptyRequests",
  "shouldUpgradeCallback",
  "noDelay",
  "keepAlive",
  "keepAliveInitialDelay",
];

/** Symbols under which the runtime keeps the classes that `createServer` was given. */
const classes = new Set(["ServerResponse", "IncomingMessage", "kUniqueHeaders"]);

/** What the types of `node:http` do not tell. */
interface Opened extends http.Server {
  /** Deno 2.7 takes its listener from here. */
  _listen?: () => Deno.Listener;
  /** And begins to accept with this. */
  _serve?: () => void;
  /** And from here whether the socket of a request says that it is encrypted. */
  _encrypted?: boolean;
}

const takesListener = "_listen" in http.Server.prototype;

keepWhole();

export const nodeHttp: NodeHttp = {
  takeServers: takeNodeServers,
  onClose,
  countWritten,
  writtenTo,
  endWithClient,
  abandon,
  send: sendAnswer,

  createServer: (handler: NodeHandler) => http.createServer(handler),

  isServer: (value): value is NodeServer => value instanceof http.Server || value instanceof https.Server,

  isEncrypted: (server) => server instanceof https.Server,

  serve({ address, backlog, tls }, app, emit) {
    const { hostname, port } = address;
    // Where the runtime takes a listener, that one is encrypted, and the server need not know of it.
    const server: Opened = tls === undefined || takesListener ? http.createServer() : secureServer(tls);
    passOn(server, app, emit);
    const { result: listener, own } = opened(() =>
      tls !== undefined && takesListener
        ? listenTls({ address, backlog }, { ...tls, http2: false })
        : Deno.listen({
          hostname,
          port,
          reusePort: Deno.build.os === "linux",
          tcpBacklog: backlog,
        } as Deno.TcpListenOptions)
    );
    const { addr } = listener;
    try {
      if (server._listen !== undefined) {
        server._encrypted = tls !== undefined;
        keepEnd(server);
        server._listen = () => listener;
        runtimeListen.call(server, addr.port, hostname);
      } else {
        if (own === undefined) throw new Error("the listening socket was not found");
        const descriptor = duplicate(Number(own[0]));
        listener.close();
        runtimeListen.call(server, { fd: descriptor });
      }
      if (!server.listening) throw new Error("this runtime does not listen on a socket that it is given");
    } catch (error) {
      close(listener);
      throw error;
    }
    return { address: { hostname: addr.hostname, port: addr.port }, stopAccepting: () => closed(server) };
  },

  async ask(app, request) {
    const { address, stopAccepting } = nodeHttp.serve(
      { address: { hostname: "127.0.0.1", port: 0 }, backlog: 1 },
      app,
      (event, a, b, c) => app.emit(event, a, b, c),
    );
    using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
    const { pathname, search } = new URL(request.url);
    try {
      const { status, body } = await fetch(`http://127.0.0.1:${address.port}${pathname}${search}`, {
        client,
        headers: { connection: "close" },
      });
      await body?.cancel();
      return new Response(null, { status });
    } finally {
      void stopAccepting();
    }
  },
};

type Then = (value: unknown) => unknown;

/**
 * Deno 2.7 does not look at how accepting ends: when a worker stops listening, that fails, which would be an uncaught error
 * of the app, and the server would never count as closed.
 */
function keepEnd(server: Opened): void {
  const { _serve } = server;
  if (_serve === undefined) return;
  server._serve = () => {
    const { then } = Promise.prototype;
    // An app may have frozen it.
    Reflect.set(Promise.prototype, "then", function (this: Promise<unknown>, done?: Then, failed?: Then) {
      return Reflect.apply(then, this, [done, failed ?? done]);
    });
    try {
      _serve.call(server);
    } finally {
      Reflect.set(Promise.prototype, "then", then);
    }
  };
}

function closed(server: http.Server): ReturnType<HttpServer["stopAccepting"]> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function close(listener: Deno.Listener): void {
  try {
    listener.close();
  } catch {
    // It is closed already.
  }
}

/** The server of an address acts as that of the app. */
function passOn(server: http.Server, app: NodeServer, emit: NodeEmit): void {
  const copy = copyLimits(server, app);
  copy();
  const emitOwn = server.emit.bind(server);
  const countOwn = server.listenerCount.bind(server);
  // The listener that the runtime adds to each server begins to read: it must not do that twice.
  const runtimes = [...server.listeners("connection"), ...server.listeners("secureConnection")];
  // A server of `node:https` has both events, and the app's connection is the one that has been decrypted.
  const established = server instanceof https.Server ? "secureConnection" : "connection";
  Object.assign(server, {
    emit(event: string, a?: unknown, b?: unknown, c?: unknown): boolean {
      if (!ownEvents.has(event)) return emit(event, a, b, c);
      if (event === established) {
        copy();
        for (const listener of app.listeners("connection")) {
          if (!runtimes.includes(listener)) listener.call(app, a);
        }
      }
      return emitOwn(event, a, b, c);
    },
    listenerCount: (event: string) => ownEvents.has(event) ? countOwn(event) : app.listenerCount(event),
  });
  // Without a listener an error would be thrown. The check of the listeners sees what it leads to.
  server.on("error", () => {});
}

/**
 * Returns a function that gives the server of an address the limits and classes of the app's. Values, not getters: those
 * would be asked at each request.
 */
function copyLimits(server: http.Server, app: NodeServer): () => void {
  const symbols = Object.getOwnPropertySymbols(app).filter(({ description }) =>
    classes.has(description ?? "")
  );
  const names = [...limits.filter((name) => name in app), ...symbols];
  return () => {
    for (const name of names) {
      const value: unknown = Reflect.get(app, name);
      if (Reflect.get(server, name) !== value) Reflect.set(server, name, value);
    }
  };
}
