/**
 * Takes the place of `Deno.serve` for the app of a worker: what the app serves is counted, steered and drained, and
 * listens when the master says so. Denicorn itself uses `runtimeServe`.
 */

import { addressOf, isSameLoopback } from "../../core/placed_servers.ts";
import type {
  FetchHandler,
  FetchProgramServer,
  ProgramServer,
  ProgramServers,
  TcpAddress,
} from "../system.ts";

export const runtimeServe = Deno.serve;

/** Options that a worker cannot honour, and what to do instead. */
const refused = {
  path: "it listens on a Unix socket: let a proxy reach it through --bind",
  cert: "the server has the certificate: start it with --certfile and --keyfile",
  key: "the server has the certificate: start it with --certfile and --keyfile",
  cid: "it listens for virtual machines: let a proxy reach it through --bind",
} as const;

type Options = {
  readonly hostname?: string | undefined;
  readonly port?: number | undefined;
  readonly handler?: FetchHandler;
  readonly onListen?: ((address: Deno.NetAddr) => void) | undefined;
  readonly onError?: ((error: unknown) => Response | Promise<Response>) | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** From now on `Deno.serve` only notes what is to be served. */
export function takeProgramServers(onShutdown: () => void): ProgramServers {
  const servers: ProgramServer[] = [];
  let isClosed = false;
  let changed = Promise.withResolvers<void>();
  const add = (server: ProgramServer, isFirst = false): void => {
    if (servers.some((other) => isSameLoopback(other.asked, server.asked))) return;
    if (isClosed) {
      throw new Error(
        "cannot serve: the program has started a server after it was loaded: start all servers together, before " +
          "anything that takes long is awaited",
      );
    }
    const asked = addressOf(server.asked);
    const isTaken = servers.some((other) => {
      const { hostname, port } = addressOf(other.asked);
      return port !== 0 && port === asked.port && hostname === asked.hostname;
    });
    if (isTaken) {
      const { hostname, port } = asked;
      throw new Deno.errors.AddrInUse(`the program has started two servers for ${hostname}:${port}`);
    }
    servers.splice(isFirst ? 0 : servers.length, 0, server);
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const serve = (...args: unknown[]): Server => {
    try {
      const server = new Server(...read(args), onShutdown);
      add(server);
      return server;
    } catch (error) {
      // It is the call that is wrong.
      if (error instanceof Error) Error.captureStackTrace(error, serve);
      throw error;
    }
  };
  Object.defineProperty(Deno, "serve", { value: serve, configurable: true, writable: true });
  return {
    get servers() {
      return servers;
    },
    get changed() {
      return changed.promise;
    },
    add: (server) => add(server),
    serveFirst: (options, handler) => add(new Server(...read([options, handler]), onShutdown), true),
    close() {
      isClosed = true;
    },
  };
}

/** Takes and refuses what the runtime does. */
function read(args: readonly unknown[]): [FetchHandler, Options] {
  const [first, second] = args;
  const options = (typeof first === "object" && first !== null ? first : {}) as Options;
  const handler = typeof first === "function" ? first : second ?? options.handler;
  if (typeof handler !== "function") {
    throw new TypeError(
      `Cannot serve HTTP requests: handler must be a function, received ${typeof handler}`,
    );
  }
  for (const [name, reason] of Object.entries(refused)) {
    if (Reflect.get(options, name) !== undefined) {
      throw new Error(`cannot serve: Deno.serve was called with \`${name}\`: ${reason}`);
    }
  }
  const { onListen, onError, signal } = options;
  const asked = { hostname: hostnameOf(options.hostname), port: portOf(options.port) };
  return [handler as FetchHandler, { ...asked, onListen, onError, signal }];
}

/** An IPv6 address may have the brackets that it has in a URL. */
function hostnameOf(given: unknown): string | undefined {
  if (given === undefined || given === null) return undefined;
  const hostname = String(given).replace(/^\[(.*)\]$/, "$1");
  if (/^[\w.:%-]{1,255}$/.test(hostname)) return hostname;
  throw new TypeError(`cannot serve: Deno.serve was called with hostname ${JSON.stringify(given)}`);
}

/** It may be text, such as the value of an environment variable. */
function portOf(given: unknown): number | undefined {
  if (given === undefined || given === null) return undefined;
  const port = given === "" ? NaN : Number(given);
  if (!Number.isInteger(port)) throw new TypeError(`Invalid port: ${shown(given)}`);
  if (port < 0 || port > 65_535) throw new RangeError(`Invalid port (out of range): ${port}`);
  return port;
}

function shown(value: unknown): string {
  return typeof value === "string" ? `'${value}'` : String(value);
}

/** What `Deno.serve` returns. */
class Server implements FetchProgramServer, Deno.HttpServer<Deno.NetAddr> {
  readonly kind = "fetch";
  readonly asked: { readonly hostname: string | undefined; readonly port: number | undefined };
  readonly handler: FetchHandler;
  readonly onError: Options["onError"];
  readonly finished: Promise<void>;
  readonly #onListen: Options["onListen"];
  readonly #onShutdown: () => void;
  readonly #finished = Promise.withResolvers<void>();
  #address: TcpAddress;

  constructor(
    handler: FetchHandler,
    { hostname, port, onListen, onError, signal }: Options,
    onShutdown: () => void,
  ) {
    this.asked = { hostname, port };
    this.handler = handler;
    this.onError = onError;
    this.finished = this.#finished.promise;
    this.#onListen = onListen;
    this.#onShutdown = onShutdown;
    this.#address = addressOf(this.asked);
    if (signal?.aborted === true) onShutdown();
    else signal?.addEventListener("abort", () => onShutdown(), { once: true });
  }

  get addr(): Deno.NetAddr {
    return { transport: "tcp", ...this.#address };
  }

  listens(address: TcpAddress): void {
    this.#address = address;
    // What it throws is an error of the app; the worker listens all the same.
    const onListen = this.#onListen;
    if (onListen !== undefined) queueMicrotask(() => onListen(this.addr));
  }

  ended(): void {
    this.#finished.resolve();
  }

  /** The worker finishes, as it does at a stop. */
  shutdown(): Promise<void> {
    this.#onShutdown();
    return this.finished;
  }

  // A worker runs until its master ends it.
  ref(): void {}
  unref(): void {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}
