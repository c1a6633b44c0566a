import type { Stream } from "../host/host.ts";
import type { Identity } from "../processes/processes.ts";

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

/** A file open for appending; a write call appends bytes in one piece. */
interface AppendFile {
  /** Returns how many it has taken: fewer than there are where the file system is full. Throws where it takes none. */
  write(bytes: Uint8Array<ArrayBuffer>): number;
  close(): void;
}

/** Something that another program reads and that takes only so much at a time, such as a FIFO. */
export interface ReaderSink {
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

/** An open file that is sent to a client. */
export interface OpenFile {
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
  /** `length` bytes from `offset`, fewer if the file is shorter by now. Closes it. */
  take(offset: number, length: number): Uint8Array<ArrayBuffer>;
  /** The same as a stream, which closes it at its end, and fails if the file is shorter by now. */
  stream(offset: number, length: number): ReadableStream<Uint8Array<ArrayBuffer>>;
  close(): void;
}

/** What a folder has under a path. */
export type Served =
  | { readonly is: "file"; readonly file: OpenFile }
  | { readonly is: "directory" }
  /** Also what this process may not read, and what is neither a file nor a directory. */
  | { readonly is: "nothing" }
  /** A link leads out of the folder. */
  | { readonly is: "outside" };

export interface ServedFolder {
  /** `path` is relative to the folder, without `..`. Throws if the system cannot open a file now. */
  open(path: string): Served;
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
  /**
   * The first path on the way to `path`, or itself, that `account` can write to; without an account, that any user but root
   * can write to. `null` if there is none.
   */
  writableOnWay(path: string, account: Identity): string | null;
  /** Throws as `fixPath` does. */
  lockFile(path: string): LockFile;
  hold(path: string): HeldFile;
  /**
   * Calls `onChange` with the paths that change in `directories`, not below them, until the returned function is called, or
   * until it fails. Throws if the system cannot do that.
   */
  watch(
    directories: readonly string[],
    onChange: (paths: readonly string[]) => void,
    onFailure: (error: unknown) => void,
  ): () => void;
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
