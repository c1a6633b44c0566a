/**
 * Takes the place of `listen` of `node:http` for the app of a worker: what the app wants to serve is noted, and served
 * when the master says so by `deno_node_http.ts`. For the app its server listens at once, because many await
 * that before they go on.
 */

import http from "node:http";
import https from "node:https";
import { isIPv6 } from "node:net";
import { addressOf } from "../../core/placed_servers.ts";
import type { NodeProgramServer, ProgramServers, TcpAddress } from "./network.ts";

type Listen = (this: http.Server, ...args: unknown[]) => http.Server;

export const runtimeListen = http.Server.prototype.listen as Listen;
const runtimeClose = http.Server.prototype.close;

/** As `node:net` takes them. */
interface ListenOptions {
  readonly port?: unknown;
  readonly host?: unknown;
  readonly path?: unknown;
  readonly fd?: unknown;
  readonly _handle?: unknown;
  readonly signal?: AbortSignal;
}

type Callback = (error?: Error) => void;

/** From now on `listen` only notes what is to be served. */
export function takeNodeServers(servers: ProgramServers, onEnd: () => void): void {
  function listen(this: http.Server, ...args: unknown[]): http.Server {
    const { options, callback } = fromApp(listen, () => read(args));
    const { host, signal } = options;
    const port = options.port ?? 0;
    if (!isPort(port)) return runtimeListen.call(this, ...args);
    const server = new TakenServer(this, { hostname: hostOf(host), port: Number(port) }, onEnd);
    if (callback !== undefined) this.once("listening", callback);
    try {
      servers.add(server);
    } catch (error) {
      queueMicrotask(() => this.emit("error", withCode(error)));
      return this;
    }
    server.take();
    if (signal?.aborted === true) this.close();
    else signal?.addEventListener("abort", () => this.close(), { once: true });
    return this;
  }
  http.Server.prototype.listen = listen as typeof http.Server.prototype.listen;
  https.Server.prototype.listen = function refuse() {
    return fromApp(refuse, () => {
      throw new Error(
        "cannot serve: the program starts a server of node:https, and the server has the certificate: use node:http, " +
          "and start with --certfile and --keyfile",
      );
    });
  };
}

/** It is the call of `listen` that is wrong: the stack of an error begins there. */
function fromApp<T>(listen: (...args: never[]) => unknown, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error) Error.captureStackTrace(error, listen);
    throw error;
  }
}

/** Throws for what several processes cannot share. */
function read(args: readonly unknown[]): { options: ListenOptions; callback: Callback | undefined } {
  const [first, second] = args;
  const callback = args.find((arg) => typeof arg === "function") as Callback | undefined;
  const isObject = typeof first === "object" && first !== null;
  const options: ListenOptions = isObject
    ? first
    : typeof first === "string" && !isPort(first)
    ? { path: first }
    : { port: typeof first === "function" ? undefined : first ?? undefined, host: second };
  const exclusive = exclusiveIn(options);
  if (exclusive !== undefined) {
    throw new Error(
      `cannot serve: listen() was called with ${exclusive}, which workers cannot share: give it a port, or let a ` +
        "proxy reach it through --bind",
    );
  }
  return { options, callback };
}

/** In the order of `node:net`: a port wins over a path, which SvelteKit gives as `false` if there is none. */
function exclusiveIn({ _handle, fd, port, path }: ListenOptions): string | undefined {
  if ((_handle ?? null) !== null || (typeof fd === "number" && fd >= 0)) return "an open socket";
  const hasPort = typeof port === "number" || typeof port === "string";
  return !hasPort && typeof path === "string" && path !== "" ? "a Unix socket" : undefined;
}

function isPort(value: unknown): boolean {
  if (typeof value === "string" && value.trim() === "") return false;
  return (typeof value === "number" || typeof value === "string") && Number.isInteger(Number(value)) &&
    Number(value) >= 0 && Number(value) < 65_536;
}

/** The name stands for two addresses, and workers need one. */
function hostOf(host: unknown): string | undefined {
  if (typeof host !== "string" || host === "") return undefined;
  return host === "localhost" ? "127.0.0.1" : host;
}

function withCode(error: unknown): unknown {
  return error instanceof Deno.errors.AddrInUse ? Object.assign(error, { code: "EADDRINUSE" }) : error;
}

class TakenServer implements NodeProgramServer {
  readonly kind = "node";
  readonly server: http.Server;
  readonly asked: { readonly hostname: string | undefined; readonly port: number };
  readonly #onEnd: () => void;
  #address: TcpAddress;
  /** The app has called `close()`. */
  #isClosed = false;

  constructor(server: http.Server, asked: TakenServer["asked"], onEnd: () => void) {
    this.server = server;
    this.asked = asked;
    this.#onEnd = onEnd;
    this.#address = addressOf(asked);
  }

  /** The app sees a server that listens. */
  take(): void {
    const define = (name: string, value: unknown) =>
      Object.defineProperty(this.server, name, { value, configurable: true, writable: true });
    define("listening", true);
    define("address", () => {
      const { hostname, port } = this.#address;
      return { address: hostname, family: isIPv6(hostname) ? "IPv6" : "IPv4", port };
    });
    define("close", (callback?: Callback) => this.#close(callback));
    queueMicrotask(() => this.server.emit("listening"));
  }

  listens(address: TcpAddress): void {
    this.#address = address;
  }

  /** What the app does when its server is closed, it does when the last request is answered. */
  ended(): void {
    Object.defineProperty(this.server, "listening", { value: false, configurable: true, writable: true });
    this.server.emit("close");
  }

  /** The worker finishes, as it does at a stop. There, a program that closes its server for SIGTERM finds it closed. */
  #close(callback: Callback | undefined): http.Server {
    const isFirst = !this.#isClosed;
    this.#isClosed = true;
    if (this.server.listening) {
      if (typeof callback === "function") this.server.once("close", () => callback());
      this.#onEnd();
    } else if (isFirst) {
      if (typeof callback === "function") queueMicrotask(() => callback());
    } else {
      runtimeClose.call(this.server, callback);
    }
    return this.server;
  }
}
