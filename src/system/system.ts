/**
 * Everything Denicorn needs from the operating system, as interfaces. The implementations are in this folder; tests
 * have hand-written fakes. Nothing outside `system/` uses `Deno.*`, FFI or timers.
 */

import type { Databases } from "./database/database.ts";
import type { Files, ServedFolder } from "./files/files.ts";
import type { Host } from "./host/host.ts";
import type { Descriptors, TcpSockets, UnixSockets } from "./network/kernel_sockets.ts";
import type { Network } from "./network/network.ts";
import type { NodeHttp } from "./network/node_http.ts";
import type { Processes } from "./processes/processes.ts";

export type * from "./database/database.ts";
export type * from "./files/files.ts";
export type * from "./host/host.ts";
export type * from "./network/kernel_sockets.ts";
export type * from "./network/network.ts";
export type * from "./network/node_http.ts";
export type * from "./processes/processes.ts";

export interface System {
  readonly clock: Clock;
  readonly host: Host;
  readonly files: Files;
  readonly processes: Processes;
  readonly network: Network;
  readonly sockets: TcpSockets;
  readonly unixSockets: UnixSockets;
  readonly descriptors: Descriptors;
  readonly memory: SharedMemory;
  readonly openFiles: OpenFiles;
  /** Loaded when it is first asked for: on Deno 2.9 that takes 140 ms. */
  nodeHttp(): Promise<NodeHttp>;
  /** Loaded when it is first asked for. */
  databases(): Promise<Databases>;
  /** `root` is an absolute path without links; the folder need not exist yet. */
  servedFolder(root: string): Promise<ServedFolder>;
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
  /** Calls `fire` when the event loop has turned: when the runtime has written the answers that it got until now. */
  afterTurn(fire: () => void): void;
  /**
   * Like `every`, for a few milliseconds: it fires when they are over, and not up to 1 ms later. Only one at a time, and
   * only in a process that has no other use of SIGALRM. On other systems than Linux it is as fine as `every`.
   */
  everyFine(ms: number, fire: () => void): () => void;
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
