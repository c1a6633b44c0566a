/** What is used of `node:http`, as the runtime has it. */

import type { HttpServer, ProgramServers, TcpAddress, Tls } from "./network.ts";

export interface NodeRequest {
  readonly method?: string | undefined;
  /** As it was sent: a path with its query, mostly. Routers change it while they call handlers. */
  readonly url?: string | undefined;
  /** Such as 1.1; some runtimes know no other. */
  readonly httpVersion?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly socket: {
    readonly remoteAddress?: string | undefined;
    readonly remotePort?: number | undefined;
    /** Its connection is closed; `undefined` on Deno 2.7, which does not say. */
    readonly destroyed?: boolean | undefined;
  };
}

export interface NodeResponse {
  statusCode: number;
  shouldKeepAlive: boolean;
  readonly headersSent: boolean;
  readonly writableFinished: boolean;
  setHeader(name: string, value: string): void;
  getHeader(name: string): unknown;
  /** False: it holds enough, until the event `drain`. */
  write(bytes: Uint8Array): boolean;
  end(body?: string | Uint8Array): void;
  destroy(): void;
  on(event: "close" | "drain", listener: () => void): void;
}

export interface NodeSocket {
  readonly writable: boolean;
  readonly bytesWritten: number;
  write(bytes: Uint8Array): void;
  /** Writes, and closes the connection. */
  end(bytes: Uint8Array): void;
  once(event: "close", listener: () => void): void;
}

export type NodeHandler = (request: NodeRequest, response: NodeResponse) => unknown;

/** A server of the app. It need not listen: its events are its interface. */
export interface NodeServer {
  emit(event: string, ...args: unknown[]): boolean;
  listenerCount(event: string): number;
  // deno-lint-ignore ban-types -- as node:events has it
  listeners(event: string): readonly Function[];
}

/** Gets what happens on the connections of a served address; returns whether anything listened to it. */
export type NodeEmit = (event: string, a?: unknown, b?: unknown, c?: unknown) => boolean;

export interface NodeHttp {
  /**
   * From now on `listen` only notes what is to be served, in `servers`. Calls `onEnd` when the app closes one. Call it
   * before the app is imported.
   */
  takeServers(servers: ProgramServers, onEnd: () => void): void;
  createServer(handler: NodeHandler): NodeServer;
  /** Calls `closed` once, when `response` was sent or its connection broke. */
  onClose(response: NodeResponse, closed: () => void): void;
  /**
   * From now on the bytes are counted that apps write into responses, for `writtenTo`: of the body, without its framing. Once,
   * before the app is imported.
   */
  countWritten(): void;
  /** `null` if they are not counted. */
  writtenTo(response: NodeResponse): number | null;
  /**
   * Calls `left` when the client of `request` leaves, or has `response` close then. Without it nobody learns that of some
   * requests: to look for it has its price.
   */
  endWithClient(request: NodeRequest, response: NodeResponse, left: () => void): void;
  /** Ends a response whose client has left, if the runtime has not. */
  abandon(response: NodeResponse): void;
  /** Sends an answer of `fetch`, a stream no faster than the client takes it. Rejects if the stream fails. */
  send(answer: Response, response: NodeResponse): Promise<void>;
  isServer(value: unknown): value is NodeServer;
  /** Such as that of `node:https`. */
  isEncrypted(server: NodeServer): boolean;
  /**
   * Listens on `address`, shared with other processes, with the limits and classes of `app`. Each event goes to `emit`.
   * Throws what listening throws.
   */
  serve(
    options: { readonly address: TcpAddress; readonly backlog: number; readonly tls?: Tls | undefined },
    app: NodeServer,
    emit: NodeEmit,
  ): HttpServer;
  /** The answer of `app` to a request that does not come from outside: over a connection within this machine. */
  ask(app: NodeServer, request: Request): Promise<Response>;
}
