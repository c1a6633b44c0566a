/**
 * Everything Denicorn asks of the outside, as plain interfaces: the real ones stand beside this file, tests
 * bring hand-written fakes. Nothing outside `system/` touches `Deno.*`, FFI or timers.
 */

import type { FileLimit } from "./file_limit.ts";
import type { Descriptors, TcpSockets } from "./kernel_sockets.ts";

export type * from "./kernel_sockets.ts";

export interface System {
  readonly clock: Clock;
  readonly host: Host;
  readonly files: Files;
  readonly processes: Processes;
  readonly network: Network;
  readonly sockets: TcpSockets;
  readonly descriptors: Descriptors;
  readonly memory: SharedMemory;
  readonly openFiles: OpenFiles;
}

export interface Clock {
  /** Milliseconds on a clock that never goes back; only differences mean anything. */
  monotonic(): number;
  /** Milliseconds since 1970, for people. */
  wall(): number;
  /** Calls `fire` once after `ms`; the returned function cancels it. */
  after(ms: number, fire: () => void): () => void;
  /** Calls `fire` every `ms` until the returned function is called. Does not keep the process alive alone. */
  every(ms: number, fire: () => void): () => void;
}

export type Stream = "stdout" | "stderr";

export interface Host {
  readonly os: string;
  readonly pid: number;
  readonly uid: number | null;
  /** What this process was started with. */
  readonly args: readonly string[];
  readonly execPath: string;
  /** True inside an executable made with `deno compile`. */
  readonly standalone: boolean;
  /** Runtime name and version, for `--version`. */
  readonly runtime: string;
  /** Cores this process may use: affinity and cgroup quota counted, at least 1. */
  cores(): number;
  env(name: string): string | undefined;
  environment(): Record<string, string>;
  setEnv(name: string, value: string | undefined): void;
  cwd(): string;
  chdir(path: string): void;
  setUmask(mask: number): void;
  isTerminal(stream: Stream): boolean;
  /** Of the terminal behind stdout, or what is usual where there is none. */
  terminalSize(): { readonly columns: number; readonly rows: number };
  /**
   * Calls `pressed` for each key at once, Ctrl-C among them, until the returned function is called. Does nothing
   * where stdin is no terminal.
   */
  keys(pressed: (key: string) => void): () => void;
  /** Waits until the reader has taken it; false if nobody reads there any more. */
  write(stream: Stream, text: string): boolean;
  /**
   * Writes as much as the reader takes now and gives how many bytes that was. Throws when nobody reads any more.
   * Where the system cannot do that, it waits.
   */
  writeNow(stream: Stream, bytes: Uint8Array<ArrayBuffer>): number;
  /** Stands still until the reader takes more; false after `ms`. */
  awaitReader(stream: Stream, ms: number): boolean;
  /** At least 0, below 1. */
  random(): number;
  /** Not to be guessed. */
  secret(): string;
}

export interface FileInfo {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymlink: boolean;
  readonly size: number;
  readonly uid: number | null;
  readonly mode: number | null;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** What a directory says about one of its names; a link is not followed. */
export interface DirectoryEntry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymlink: boolean;
}

/** A file open for appending; one write call appends one piece whole. */
export interface AppendFile {
  write(bytes: Uint8Array): void;
  close(): void;
}

/** A file that was opened: its content is there as long as it is open, whatever becomes of its name. */
export interface HeldFile {
  read(): Uint8Array<ArrayBuffer>;
  close(): void;
}

/** Paths are absolute unless said otherwise. Failures are thrown as the platform's own error classes. */
export interface Files {
  readText(path: string): Promise<string>;
  readTextSync(path: string): string;
  readBytes(path: string): Promise<Uint8Array>;
  readBytesSync(path: string): Uint8Array<ArrayBuffer>;
  /** `length` bytes from `offset`; fewer where the file ends. */
  readRange(path: string, offset: number, length: number): Uint8Array<ArrayBuffer>;
  writeText(path: string, text: string, options?: { mode?: number; createNew?: boolean }): void;
  writeBytes(path: string, bytes: Uint8Array, options?: { mode?: number }): void;
  /** `null` when nothing is there. */
  stat(path: string): FileInfo | null;
  /** Like `stat`, without following a link. */
  lstat(path: string): FileInfo | null;
  realPath(path: string): string;
  list(path: string): string[];
  entries(path: string): DirectoryEntry[];
  rename(from: string, to: string): void;
  /** Makes a symbolic link at `path`. */
  link(path: string, target: string): void;
  makeDirectory(path: string, mode: number): void;
  /** A new directory of mode 0700 whose name begins with `prefix`. */
  makePrivateDirectory(parent: string, prefix: string): string;
  /** Removes a file or a whole tree; nothing there is no error. */
  remove(path: string): void;
  /** Of what lies at `path` itself: a link is not followed. `null` leaves an id as it is. */
  changeOwner(path: string, uid: number | null, gid: number | null): void;
  changeMode(path: string, mode: number): void;
  openAppend(path: string): AppendFile;
  hold(path: string): HeldFile;
  /** It was used just now; nothing there is no error. */
  touch(path: string): void;
}

export interface SpawnOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where it starts; by default where this process is. */
  readonly cwd?: string | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** Stays in the session of this process, so that Ctrl-C at the terminal ends both; otherwise it gets its own. */
  readonly sameSession?: boolean;
}

export interface ExitStatus {
  readonly code: number;
  readonly signal: string | null;
}

export interface ChildProcess {
  readonly pid: number;
  readonly exited: Promise<ExitStatus>;
  /** Sends a signal; a process that is already gone is no error. */
  kill(signal: Signal): void;
}

export type Signal =
  | "SIGTERM"
  | "SIGQUIT"
  | "SIGINT"
  | "SIGHUP"
  | "SIGUSR1"
  | "SIGUSR2"
  | "SIGTTIN"
  | "SIGTTOU"
  | "SIGWINCH"
  | "SIGKILL";

export interface Processes {
  spawn(options: SpawnOptions): ChildProcess;
  isAlive(pid: number): boolean;
  /** Sends a signal to a process that this one did not start; one that is gone is no error. */
  signal(pid: number, signal: Signal): void;
  onSignal(signal: Signal, handle: () => void): void;
  /** Calls `handle` for errors nobody caught, until the returned function is called; the process goes on living. */
  onUncaught(handle: (error: unknown) => void): () => void;
  /**
   * Calls `handle` when this process exits, unless the returned function was called before. What `handle` does
   * must be done when it returns.
   */
  onExit(handle: () => void): () => void;
  exit(code: number): never;
}

/** A byte stream both ways. `receive` ends when the other side is gone. */
export interface Connection {
  receive(): AsyncIterable<Uint8Array>;
  /** Queues bytes and settles when they are handed over; a failure ends `receive` instead of throwing. */
  send(bytes: Uint8Array): Promise<void>;
  close(): void;
}

export interface UnixListener {
  accept(): AsyncIterable<Connection>;
  close(): void;
}

export interface TcpAddress {
  readonly hostname: string;
  readonly port: number;
}

export type FetchHandler = (request: Request, info: RequestInfo) => Response | Promise<Response>;

/** What the runtime tells about one request beside the request itself. */
export interface RequestInfo {
  readonly remoteAddr: { readonly transport: string; readonly hostname?: string; readonly port?: number };
  /** Settles when the response is sent whole, or the connection broke. */
  readonly completed: Promise<void>;
}

export interface ServeOptions {
  readonly address: TcpAddress;
  readonly backlog: number;
  readonly onError: (error: unknown) => Response | Promise<Response>;
}

export interface HttpServer {
  readonly address: TcpAddress;
  /**
   * Stops accepting and closes idle connections; requests in flight go on. Settles when every connection is
   * closed, and on Deno 2.7 perhaps never: who waits for it must have a deadline.
   */
  stopAccepting(): Promise<void>;
}

/** A server of the master itself. */
export interface MasterServer {
  /** False once the runtime has closed the listener because accepting failed. */
  isListening(): boolean;
  /** Stops accepting and closes idle connections, also of a listener that is closed already. */
  stopAccepting(): Promise<void>;
}

/** This side's end of a WebSocket. */
export interface WebSocketEnd {
  /** Begins the closing handshake. Throws while it is not open. */
  close(code: number, reason: string): void;
  readonly closed: Promise<void>;
}

export interface Datagrams {
  /** Rejects when it cannot be sent; that it arrives nobody knows. */
  send(text: string): Promise<void>;
  close(): void;
}

export interface Network {
  /** From now on `opened` is told of every WebSocket the app accepts. */
  onWebSocket(opened: (socket: WebSocketEnd) => void): void;
  listenUnix(path: string): UnixListener;
  connectUnix(path: string): Promise<Connection>;
  connectTcp(address: TcpAddress): Promise<Connection>;
  /** True when somebody listens on the Unix socket at `path`. */
  answers(path: string): Promise<boolean>;
  /** Throws what a sole listener on `address` would meet: in use, no permission, not available. */
  probe(address: TcpAddress): void;
  serve(options: ServeOptions, handler: FetchHandler): HttpServer;
  /** Serves HTTP for administration: alone on its address, and a failure is answered with 500. */
  serveAlone(
    address: TcpAddress,
    handler: (request: Request) => Response | Promise<Response>,
  ): MasterServer & { readonly address: TcpAddress };
  /** Sends datagrams from a port of its own; a name is looked up each time. */
  datagramsTo(address: TcpAddress): Datagrams;
  /** The file at `path` goes with the listener. */
  serveUnix(
    path: string,
    handler: (request: Request) => Response | Promise<Response>,
  ): MasterServer;
  /** One HTTP request over a Unix socket. */
  fetchUnix(path: string, url: string, init?: RequestInit): Promise<Response>;
  /** Like `fetchUnix`; the body comes as it is sent, for as long as that goes on. */
  streamUnix(path: string, url: string): Promise<Response>;
}

/** Files that several processes hold in memory. Linux only: elsewhere every call throws. */
export interface SharedMemory {
  /** Makes a file only this user can read, filled with zeros, and maps it for as long as this process lives. */
  create(path: string, size: number): ArrayBuffer;
  /** Maps a file that belongs to `owner`; links are not followed. Throws when it is anything else. */
  map(path: string, owner: number): ArrayBuffer;
  /** True when the process that created the file is gone. */
  isAbandoned(path: string): boolean;
}

/** The files this process may have open at once. Linux only: elsewhere every call throws. */
export interface OpenFiles {
  limit(): FileLimit;
  /** Throws where the system refuses. */
  setLimit(limit: FileLimit): void;
  /** True if `count` more could be opened now. */
  hasAvailable(count: number): boolean;
}
