/**
 * Everything Denicorn needs from the operating system, as interfaces. The implementations are in this folder; tests
 * have hand-written fakes. Nothing outside `system/` uses `Deno.*`, FFI or timers.
 */

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
  /** Milliseconds on a clock that never goes back; only differences have a meaning. */
  monotonic(): number;
  /** Milliseconds since 1970, for logs. */
  wall(): number;
  /** Calls `fire` once after `ms`; the returned function cancels it. */
  after(ms: number, fire: () => void): () => void;
  /** Calls `fire` every `ms` until the returned function is called. Does not keep the process alive. */
  every(ms: number, fire: () => void): () => void;
}

export type TerminalPlace = "foreground" | "background" | "none";

export type Stream = "stdout" | "stderr";

export interface Host {
  readonly os: string;
  readonly pid: number;
  readonly uid: number | null;
  /** The arguments of this process. */
  readonly args: readonly string[];
  /** The file of this program, by its name at the start. */
  readonly execPath: string;
  /**
   * A path from which the program that runs now can be started, also after its file was replaced or removed. Throws if
   * there is none.
   */
  program(): string;
  /** Where `program` keeps a copy, if it needs one: a directory that the caller removes. */
  keepProgramIn(directory: string): void;
  /** True in an executable made with `deno compile`. */
  readonly standalone: boolean;
  /**
   * From source, the options of `deno run` that give a child process the permissions of this one; `null` if they are
   * fewer than all and cannot be found out.
   */
  readonly permissions: readonly string[] | null;
  /** Runtime name and version, for `--version`. */
  readonly runtime: string;
  /** Cores that this process may use, by CPU affinity and cgroup quota; at least 1. */
  cores(): number;
  env(name: string): string | undefined;
  environment(): Record<string, string>;
  setEnv(name: string, value: string | undefined): void;
  cwd(): string;
  chdir(path: string): void;
  setUmask(mask: number): void;
  isTerminal(stream: Stream): boolean;
  /** Where this process is in the terminal that controls it. Linux only: elsewhere there is none. */
  terminalPlace(): TerminalPlace;
  /** Whether SIGHUP is ignored, as under `nohup`. False once it is handled. Linux only. */
  ignoresHangup(): boolean;
  /** Of the terminal at stdout, or 80×24 if there is none. */
  terminalSize(): { readonly columns: number; readonly rows: number };
  /**
   * Calls `pressed` for each key, including Ctrl-C, until the returned function is called. Does nothing if stdin is
   * not a terminal.
   */
  keys(pressed: (key: string) => void): () => void;
  /** Waits until the reader has taken it; false if there is no reader any more. */
  write(stream: Stream, text: string): boolean;
  /**
   * Writes as much as the reader takes now and returns how many bytes that were. Throws if there is no reader any
   * more. Waits for the reader on systems without such writes.
   */
  writeNow(stream: Stream, bytes: Uint8Array<ArrayBuffer>): number;
  /** Blocks until the reader takes more; false after `ms`. */
  awaitReader(stream: Stream, ms: number): boolean;
  /** From now on what the app prints with `console` goes to `print`, formatted as before. */
  printThrough(print: (stream: Stream, text: string) => void): void;
  /** At least 0, less than 1. */
  random(): number;
  /** A text that cannot be guessed. */
  secret(): string;
}

export interface FileInfo {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymlink: boolean;
  readonly isSocket: boolean;
  readonly size: number;
  readonly uid: number | null;
  readonly mode: number | null;
  /** Differs between two files that exist at the same time, whatever their names; 0 where the system does not say. */
  readonly inode: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** An entry of a directory; a link is not followed. */
interface DirectoryEntry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymlink: boolean;
}

/** A file open for appending; a write call appends its bytes in one piece. */
interface AppendFile {
  write(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** Something that another program reads and that takes only so much at a time, such as a FIFO. */
interface ReaderSink {
  /** As `Host.writeNow`. */
  writeNow(bytes: Uint8Array<ArrayBuffer>): number;
  awaitReader(ms: number): boolean;
  close(): void;
}

/** What log lines are written to. */
export type LogSink =
  | { readonly is: "file" } & AppendFile
  | { readonly is: "reader" } & ReaderSink
  /** A path that names a standard stream, such as /dev/stdout. */
  | { readonly is: "stream"; readonly stream: Stream };

/** An open file: its content can be read even if the file has been renamed or removed. */
interface HeldFile {
  read(): Uint8Array<ArrayBuffer>;
  close(): void;
}

/** A path through an open directory: no link can lead it elsewhere any more. */
export interface FixedPath {
  readonly path: string;
  [Symbol.dispose](): void;
}

/** A small file that names the process that holds it. */
export interface LockFile {
  /** `null` if there is none. Throws for what is not a regular file, or is longer than `limit` bytes. */
  read(limit: number): string | null;
  /** Whether a living process holds it; `null` if the system cannot say. */
  isHeld(): boolean | null;
  /** Puts a new file in its place, at once and as a whole, and holds it for as long as this process lives. */
  replace(text: string): void;
  remove(): void;
  close(): void;
}

/**
 * Paths are absolute. Failures are thrown as the error classes of the runtime. All of it is synchronous: the runtime
 * starts a thread for an asynchronous file operation, and at the limit of tasks that aborts the process.
 */
export interface Files {
  readTextSync(path: string): string;
  /** Never waits. Throws for what is not a regular file, or is longer than `limit` bytes. */
  readSmall(path: string, limit: number): string;
  readBytesSync(path: string): Uint8Array<ArrayBuffer>;
  /** `length` bytes from `offset`; fewer if the file ends before. */
  readRange(path: string, offset: number, length: number): Uint8Array<ArrayBuffer>;
  writeText(path: string, text: string, options?: { mode?: number; createNew?: boolean }): void;
  writeBytes(path: string, bytes: Uint8Array, options?: { mode?: number }): void;
  /** `null` if there is nothing at `path`. */
  stat(path: string): FileInfo | null;
  /** Like `stat`, without following a link. */
  lstat(path: string): FileInfo | null;
  realPath(path: string): string;
  /** True if both paths lead to the same file or directory. */
  isSame(path: string, other: string): boolean;
  list(path: string): string[];
  entries(path: string): DirectoryEntry[];
  rename(from: string, to: string): void;
  /** Creates a symbolic link at `path`. */
  link(path: string, target: string): void;
  makeDirectory(path: string, mode: number): void;
  /** A new directory of mode 0700 whose name begins with `prefix`. */
  makePrivateDirectory(parent: string, prefix: string): string;
  /** Removes a file or a whole tree, if there is one. */
  remove(path: string): void;
  /** A link is not followed. `null` keeps an id. */
  changeOwner(path: string, uid: number | null, gid: number | null): void;
  changeMode(path: string, mode: number): void;
  /**
   * Opens a log for appending, without waiting, and creates it. A process of root opens no more than `account` could,
   * where that account may have put something in the way, and gives it the file. Throws for what is no log.
   */
  openLog(path: string, account: Identity): LogSink;
  /** Throws for a path that leads through a link that another user may have made. */
  fixPath(path: string): FixedPath;
  /** Throws as `fixPath` does. */
  lockFile(path: string): LockFile;
  hold(path: string): HeldFile;
  /** Sets the times of the file to now, if there is one. */
  touch(path: string): void;
  /** False also if the file system of a program is mounted without the right to run it (noexec). */
  isExecutable(path: string): boolean;
  /**
   * A program that is only in memory, for as long as this process lives. Returns a path under which this process can
   * start it. Throws if the system cannot do that.
   */
  memoryProgram(name: string, bytes: Uint8Array<ArrayBuffer>): string;
}

/** The rights of a process, see credentials(7). */
export interface Identity {
  /** User and group ids; those of this process where absent. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** Supplementary groups of user `uid`: all others are given up. */
  readonly groups?: readonly number[];
  /** Whether user `uid` may listen on ports below 1024 (CAP_NET_BIND_SERVICE). */
  readonly lowPorts?: boolean;
}

export interface SpawnOptions extends Identity {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The working directory; by default that of this process. */
  readonly cwd?: string | undefined;
  /** Open files of this process that the new one gets under the same numbers, besides the standard streams. */
  readonly inherited?: readonly number[];
  /** Stays in the session of this process, so that Ctrl-C at the terminal ends both; otherwise it gets its own. */
  readonly sameSession?: boolean;
  /** Whether what it writes to stdout is read here; otherwise it goes where the stdout of this process goes. */
  readonly readOutput?: boolean;
}

export interface ExitStatus {
  readonly code: number;
  readonly signal: string | null;
}

export interface ChildProcess {
  readonly pid: number;
  readonly exited: Promise<ExitStatus>;
  /** Its stdout with `readOutput`, otherwise empty. Ends when the process has closed it. */
  readonly output: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Sends a signal. Does nothing if the process has exited. */
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

/** A process that this one did not start. */
export interface OtherProcess {
  readonly pid: number;
  /** Its command line, or its name if it has ended. */
  readonly command: string;
}

export interface Processes {
  spawn(options: SpawnOptions): ChildProcess;
  isAlive(pid: number): boolean;
  /**
   * From now on processes whose parent has ended become children of this one, if one of its own processes started them.
   * Linux only: elsewhere it does nothing.
   */
  adoptOrphans(): void;
  /** Removes the children that have ended and that this process did not start, and returns them. Linux only. */
  reapAdopted(): OtherProcess[];
  /** The running children that this process did not start. Linux only. */
  adopted(): OtherProcess[];
  /** The running processes in the group of `leader`, which may have ended. Linux only. */
  inGroup(leader: number): OtherProcess[];
  /** Sends a signal to all processes in the group of `leader`. Does nothing if there are none. */
  signalGroup(leader: number, signal: "SIGTERM" | "SIGKILL"): void;
  /** Sends a signal to a process that this one did not start. Does nothing if it has exited. */
  signal(pid: number, signal: Signal): void;
  onSignal(signal: Signal, handle: () => void): void;
  /** Calls `handle` for uncaught errors, which then do not end the process, until the returned function is called. */
  onUncaught(handle: (error: unknown) => void): () => void;
  /**
   * Calls `handle` when this process exits for any reason, unless the returned function was called before. It
   * must finish synchronously.
   */
  onExit(handle: () => void): () => void;
  exit(code: number): never;
  /** Ends this process by a signal after `seconds`, also while its event loop is blocked, where the system can. */
  endAfter(seconds: number): void;
  /**
   * Ends this process by SIGALRM if its event loop is blocked so that this is not called again within `ms` milliseconds;
   * 0 turns that off. Time in which the process is stopped or frozen does not end it. Linux only: elsewhere, and if the
   * app handles SIGALRM itself, it does nothing.
   */
  endUnlessCalledWithin(ms: number): void;
}

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

export type FetchHandler = (request: Request, info: RequestInfo) => Response | Promise<Response>;

/** What the runtime knows about a request besides the request itself. */
export interface RequestInfo {
  readonly remoteAddr: { readonly transport: string; readonly hostname?: string; readonly port?: number };
  /**
   * Resolves when the response is sent: a string or bytes as soon as the runtime has taken them, even if the client
   * has left; a stream when its last byte is sent. Also when the request becomes a WebSocket. Rejects on Deno 2.7 if
   * a stream was not sent to its end, because the client left or the stream failed; on 2.9.6 it resolves then, too.
   */
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
   * Stops accepting and closes idle connections; requests in flight continue. Resolves when every connection is
   * closed, on Deno 2.7 possibly never: wait for it with a timeout.
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
  readonly closed: Promise<void>;
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
  /** From now on `opened` is called for each WebSocket that the app accepts. */
  onWebSocket(opened: (socket: WebSocketEnd) => void): void;
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
  serve(options: ServeOptions, handler: FetchHandler): HttpServer;
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
  /** Only this user may open the socket, from its first moment. The file at `path` is removed when the listener closes. */
  serveUnix(
    path: string,
    handler: (request: Request) => Response | Promise<Response>,
  ): MasterServer;
  /** One HTTP request over a Unix socket. */
  fetchUnix(path: string, url: string, init?: RequestInit): Promise<Response>;
  /** Like `fetchUnix`, but the body is a stream without a time limit. */
  streamUnix(path: string, url: string): Promise<Response>;
}

/** Memory that this process shares with others. */
export interface SharedBlock {
  readonly buffer: ArrayBuffer;
  /** What another process has to inherit to `adopt` the memory. */
  readonly descriptor: number;
}

/** Memory that several processes share. Linux only: elsewhere every call throws. */
export interface SharedMemory {
  /** Memory of zeros that no process can shrink: to access what was cut off would kill every process that maps it. */
  createSealed(size: number): SharedBlock;
  /**
   * The same for kernels that do not seal: a file in `directory` without a name, which only a process that has its
   * descriptor can shrink.
   */
  createUnnamed(directory: string, size: number): SharedBlock;
  /** Maps the memory of an inherited descriptor for as long as this process lives, and closes the descriptor. */
  adopt(descriptor: number): ArrayBuffer;
  /** True if `path` names a file that no living process has locked, as older versions did for as long as they lived. */
  isAbandoned(path: string): boolean;
}

/** How many files this process may have open. The soft limit counts; it can be raised up to the hard one. */
export interface FileLimit {
  readonly soft: number;
  readonly hard: number;
}

/** The files this process may have open at once. Linux only: elsewhere every call throws. */
export interface OpenFiles {
  limit(): FileLimit;
  /** Throws if the system refuses. */
  setLimit(limit: FileLimit): void;
  /** True if `count` more can be opened now. */
  hasAvailable(count: number): boolean;
}
