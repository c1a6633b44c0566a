/**
 * Everything Denicorn asks of the outside, as plain interfaces: the real ones stand beside this file, tests
 * bring hand-written fakes. Nothing outside `system/` touches `Deno.*`, FFI or timers.
 */

export interface System {
  readonly clock: Clock;
  readonly host: Host;
  readonly files: Files;
  readonly processes: Processes;
  readonly network: Network;
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
  write(stream: Stream, text: string): void;
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

/** A file open for appending; one write call appends one piece whole. */
export interface AppendFile {
  write(bytes: Uint8Array): void;
  close(): void;
}

/** Paths are absolute unless said otherwise. Failures are thrown as the platform's own error classes. */
export interface Files {
  readText(path: string): Promise<string>;
  readTextSync(path: string): string;
  readBytes(path: string): Promise<Uint8Array>;
  writeText(path: string, text: string, options?: { mode?: number; createNew?: boolean }): void;
  writeBytes(path: string, bytes: Uint8Array, options?: { mode?: number }): void;
  /** `null` when nothing is there. */
  stat(path: string): FileInfo | null;
  /** Like `stat`, without following a link. */
  lstat(path: string): FileInfo | null;
  realPath(path: string): string;
  list(path: string): string[];
  rename(from: string, to: string): void;
  makeDirectory(path: string, mode: number): void;
  /** A new directory of mode 0700 whose name begins with `prefix`. */
  makePrivateDirectory(parent: string, prefix: string): string;
  /** Removes a file or a whole tree; nothing there is no error. */
  remove(path: string): void;
  /** Of what lies at `path` itself: a link is not followed. `null` leaves an id as it is. */
  changeOwner(path: string, uid: number | null, gid: number | null): void;
  changeMode(path: string, mode: number): void;
  openAppend(path: string): AppendFile;
}

export interface SpawnOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
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
  onSignal(signal: Signal, handle: () => void): void;
  /** Calls `handle` for errors nobody caught, until the returned function is called; the process goes on living. */
  onUncaught(handle: (error: unknown) => void): () => void;
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

export interface Network {
  listenUnix(path: string): UnixListener;
  connectUnix(path: string): Promise<Connection>;
  /** True when somebody listens on the Unix socket at `path`. */
  answers(path: string): Promise<boolean>;
  /** Throws what a sole listener on `address` would meet: in use, no permission, not available. */
  probe(address: TcpAddress): void;
  serve(options: ServeOptions, handler: FetchHandler): HttpServer;
  serveUnix(
    path: string,
    handler: (request: Request) => Response | Promise<Response>,
  ): { close(): Promise<void> };
  /** One HTTP request over a Unix socket. */
  fetchUnix(path: string, url: string, init?: RequestInit): Promise<Response>;
}
