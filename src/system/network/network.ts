import type { SyslogServer } from "../../core/syslog.ts";
import type { ReaderSink } from "../files/files.ts";

/** A stream of bytes in both directions. `receive` ends when the other side is gone. */
export interface Connection {
  receive(): AsyncIterable<Uint8Array>;
  /** Queues bytes. Resolves when they are handed over; a failure ends `receive` instead of rejecting. */
  send(bytes: Uint8Array): Promise<void>;
  close(): void;
}

export interface UnixListener {
  accept(): AsyncIterable<Connection>;
  close(): void;
}

export interface TcpAddress {
  /** Without brackets around an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
}

/** An address of the server, and what is served there. */
export interface ListenAddress extends TcpAddress {
  /** `redirect`: clients get the answer to come again over TLS. Without a scheme: TLS if there is a certificate. */
  readonly scheme?: "http" | "https" | "redirect" | undefined;
}

/** A Unix socket of the server, by its file. */
export interface UnixAddress {
  /** With `{slot}` in it, each worker has a socket of its own. */
  readonly path: string;
}

/** A socket that listens already, from the process that has started the server. */
export interface InheritedAddress {
  readonly descriptor: number;
  /** What the process that has opened it calls it, if it says so. */
  readonly name?: string;
}

/** What `bind` accepts. */
export type BindAddress = ListenAddress | UnixAddress | InheritedAddress;

/** A certificate with its private key, as PEM; others that lead to its issuer may follow the certificate. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** Host names and addresses that it is for, small letters. */
  readonly names: readonly string[];
}

export interface Tls {
  /** A client gets the one for the host name it asks for, or the first. */
  readonly certificates: readonly [Certificate, ...Certificate[]];
  /** Whether HTTP/2 is offered, too. */
  readonly http2: boolean;
}

/** `context` is what Hono calls the execution context. */
export type FetchHandler = (
  request: Request,
  info: RequestInfo,
  context?: ExecutionContext,
) => Response | Promise<Response>;

export interface ExecutionContext {
  /** Lets work go on after the answer. */
  waitUntil(promise: Promise<unknown>): void;
  /** Does nothing: there is no server behind this one. */
  passThroughOnException(): void;
  readonly props: Readonly<Record<string, unknown>>;
}

/** What the runtime knows about a request besides the request itself. */
export interface RequestInfo {
  /** Of the client, as a trusted proxy names it, or of the peer itself. */
  readonly remoteAddr: { readonly transport: string; readonly hostname?: string; readonly port?: number };
  /**
   * Resolves when the response is sent: a string or bytes as soon as the runtime has taken them, even if the client
   * has left; a stream when its last byte is sent. Also when the request becomes a WebSocket. Rejects on Deno 2.7 if
   * a stream was not sent to its end, because the client left or the stream failed; on 2.9.6 it resolves then, too.
   */
  readonly completed: Promise<void>;
}

/** A server that the app has started itself. */
interface StartedServer {
  readonly asked: { readonly hostname: string | undefined; readonly port: number | undefined };
  /** Tells the app that the server listens. */
  listens(address: TcpAddress): void;
  /** Tells the app that the server has answered its last request. */
  ended(): void;
}

/** With `Deno.serve`. */
export interface FetchProgramServer extends StartedServer {
  readonly kind: "fetch";
  readonly handler: FetchHandler;
  /** What it answers where its handler throws. */
  readonly onError: ((error: unknown) => Response | Promise<Response>) | undefined;
}

/** With `listen` of `node:http`. */
export interface NodeProgramServer extends StartedServer {
  readonly kind: "node";
  readonly server: unknown;
}

export type ProgramServer = FetchProgramServer | NodeProgramServer;

export interface ProgramServers {
  /** So far. */
  readonly servers: readonly ProgramServer[];
  /** Resolves when there is another one. */
  readonly changed: Promise<void>;
  /** The app starts one. Throws where that is impossible, in words for the app. */
  add(server: ProgramServer): void;
  /** Adds what `Deno.serve(options, handler)` would, before all others. Throws what that throws. */
  serveFirst(options: object, handler: FetchHandler): void;
  /** From now on the app cannot start another one. */
  close(): void;
}

/** Each connection begins with a header of the PROXY protocol. */
export interface ProxyProtocol {
  /** Whether the header of this peer is believed; others are not served. */
  readonly isTrusted: (peer: string) => boolean;
  readonly onRefused: (peer: string, because: "not-trusted" | "no-header") => void;
}

export interface ServeOptions {
  readonly address: TcpAddress;
  readonly backlog: number;
  /** For clients that accept it. */
  readonly isCompressing: boolean;
  /** Without it the connections are not encrypted. */
  readonly tls?: Tls | undefined;
  readonly proxyProtocol?: ProxyProtocol | undefined;
  readonly onError: (error: unknown) => Response | Promise<Response>;
}

export interface HttpServer {
  readonly address: TcpAddress;
  /**
   * Stops accepting and closes idle connections; requests in flight continue. Resolves when every connection is
   * closed, on Deno 2.7 possibly never: wait for it with a timeout.
   */
  stopAccepting(): Promise<void>;
}

/** A Unix socket of the server that listens already. */
export interface UnixSource {
  readonly path: string;
  readonly descriptor: number;
  readonly isInherited?: true;
}

/** A TCP socket that listens already. */
export interface TcpSource extends TcpAddress {
  readonly descriptor: number;
}

/** The process that has started the server has opened it, and may keep it. */
export type InheritedSource = TcpSource | UnixSource & { readonly isInherited: true };

/** A socket that listens already, and that other processes may accept from as well. */
export type SharedSource = UnixSource | InheritedSource;

/** Accepts from a socket that others may accept from as well. */
export interface SharedServer {
  /** `parked`: it leaves new connections to others. `closed`: accepting failed, and the runtime has closed its listener. */
  readonly state: "accepting" | "parked" | "closed";
  /** Accepts again after `leave`. */
  accept(): void;
  /** Leaves new connections to others; those it has go on, also idle ones. */
  leave(): void;
  /** As that of `HttpServer`. */
  stopAccepting(): Promise<void>;
}

/** What is for TCP only, such as TLS, has no effect on a Unix socket. */
export type SharedServeOptions = Omit<ServeOptions, "address" | "backlog">;

/** Opens a server that handles its requests as its maker has decided. Throws if that is impossible. */
export type ServeShared = (
  source: SharedSource,
  options: SharedServeOptions,
) => SharedServer;

/** Opens a server that handles its requests as its maker has decided. */
export type Serve = (options: ServeOptions) => HttpServer;

/** A server of the master itself. */
export interface MasterServer {
  /** False once the runtime has closed the listener because accepting failed. */
  isListening(): boolean;
  /** Stops accepting and closes idle connections, also of a listener that is closed already. */
  stopAccepting(): Promise<void>;
}

export interface TcpServer extends MasterServer {
  /** With the real port where port 0 was asked for. */
  readonly address: TcpAddress;
  /** Of its listening socket; `null` if the system does not say. */
  readonly descriptor: number | null;
}

/** This side's end of a WebSocket. */
export interface WebSocketEnd {
  /** What the app upgraded. */
  readonly request: Request;
  /** What the app must answer it with: Deno.serve closes the listener for any other answer. */
  readonly response: Response;
  /** Begins the closing handshake, as soon as the WebSocket is open. */
  close(code: number, reason: string): void;
  /** With the code of the close frame (RFC 6455, 7.1.5), such as 1006 if there was none. */
  readonly closed: Promise<number>;
}

interface Datagrams {
  /** Rejects if it cannot be sent. Whether it arrives is unknown. */
  send(text: string): Promise<void>;
  close(): void;
}

export interface ListeningProcess {
  readonly pid: number;
  /** The variables that it was started with. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Network {
  /** Whether each request of HTTP/2 is answered that arrives before its client knows of the GOAWAY of `stopAccepting`. */
  readonly drainsHttp2: boolean;
  /**
   * From now on `opened` is called for each WebSocket that the app accepts, and `failed` for an uncaught error in one of
   * its listeners, in place of the handler of other uncaught errors. `opening` gives the port it comes from, before the
   * runtime forgets that.
   */
  onWebSocket(
    opening: (request: Request) => number | null,
    opened: (socket: WebSocketEnd, peerPort: number | null) => void,
    failed: (socket: WebSocketEnd, error: unknown) => void,
  ): void;
  /**
   * Takes the servers that the app starts, instead of letting them listen. Calls `onShutdown` when the app ends one. Call
   * it before the app is imported.
   */
  takeProgramServers(onShutdown: () => void): ProgramServers;
  /** From now on `request.signal` aborts when the client leaves, and at no other time. */
  mendSignals(): void;
  listenUnix(path: string): UnixListener;
  connectUnix(path: string): Promise<Connection>;
  connectTcp(address: TcpAddress): Promise<Connection>;
  /** True if a process listens on the Unix socket at `path`. */
  answers(path: string): Promise<boolean>;
  /**
   * The processes that listen on a port, as far as this user may see them. Linux only: elsewhere there are none. It
   * reads all of /proc.
   */
  listeningOn(port: number): ListeningProcess[];
  /** Throws what listening alone on `address` would throw: in use, no permission, not available. */
  probe(address: TcpAddress): void;
  /**
   * Until the result is called, nobody else can listen on the address, also no other server of this user. Throws as
   * `probe`. Elsewhere than on Linux it is only a look.
   */
  reserve(address: TcpAddress): () => void;
  serve(options: ServeOptions, handler: FetchHandler): HttpServer;
  /** Throws if that is impossible. */
  serveShared(source: SharedSource, options: SharedServeOptions, handler: FetchHandler): SharedServer;
  /**
   * Serves HTTP for administration, with a 500 if the handler throws. The address may be that of another server of this
   * user that was opened in the same way: the kernel then spreads new connections over both.
   */
  serveTcp(
    address: TcpAddress,
    handler: (request: Request) => Response | Promise<Response>,
  ): TcpServer;
  /** Sends datagrams from its own port; a host name is looked up each time. */
  datagramsTo(address: TcpAddress): Datagrams;
  /**
   * Sends each line as a datagram, cut at 8 KB, and connects again where it is lost. Throws if nothing listens at the path
   * of a Unix socket.
   */
  datagramSink(server: SyslogServer): ReaderSink;
  /** Sends one datagram to a Unix socket; a path that begins with `@` is an abstract address. Throws the error of the system. */
  sendUnixNotice(path: string, text: string): void;
  /** Only this user may open the socket, from its first moment. The file at `path` is removed when the listener closes. */
  serveUnix(
    path: string,
    handler: (request: Request) => Response | Promise<Response>,
  ): MasterServer;
  /** Sends `body` to another server. Throws if the answer is no success, or takes longer than `timeout` milliseconds. */
  post(
    url: string,
    request: {
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      readonly timeout: number;
    },
  ): Promise<void>;
  /** One HTTP request over a Unix socket. */
  fetchUnix(path: string, url: string, init?: RequestInit): Promise<Response>;
  /** Like `fetchUnix`, but the body is a stream without a time limit. */
  streamUnix(path: string, url: string): Promise<Response>;
}
