/** What this program asks the kernel about its sockets, beyond what Deno offers. Linux only. */

import type { Sending } from "../../core/listeners/frame_boundary.ts";
import type { ConnectionLook } from "../../core/listeners/slow_connections.ts";
import type { InheritedSource } from "./network.ts";

/** A listening TCP socket of this process. */
export interface TcpListener {
  readonly descriptor: number;
  readonly port: number;
}

/** A TCP connection of this process. */
export interface TcpConnection {
  readonly descriptor: number;
  /** Milliseconds since it last carried data in either direction; 0 while sent data is not acknowledged. */
  readonly idle: number;
}

/** A piece of a search for a connection. */
export interface ConnectionSearch {
  readonly found: TcpConnection | null;
  /** Where the search continues; `null` at its end. */
  readonly next: number | null;
}

/** What a look at some of the connections shows. */
export interface Looks {
  readonly looks: readonly ConnectionLook[];
  /** Where the next ones are; `null` at the end. */
  readonly next: number | null;
}

/** Connections as the kernel sees them, one by one. Linux only: elsewhere every call throws. */
export interface ConnectionLooks {
  /** Those to one of `ports` among the `count` descriptors from `from` on. */
  look(ports: ReadonlySet<number>, from: number, count: number, isPlain: (port: number) => boolean): Looks;
  /** `null` if there is no such connection any more. */
  lookAt(
    ports: ReadonlySet<number>,
    descriptor: number,
    isPlain: (port: number) => boolean,
  ): ConnectionLook | null;
  /** Whether bytes have arrived that this process has not read. True if that is unknown. */
  hasUnread(descriptor: number): boolean;
  /** `null` if it is not a connection any more. */
  sending(descriptor: number): Sending | null;
  /** As much of `bytes` as the kernel takes at once, beside what the runtime sends. */
  send(descriptor: number, bytes: Uint8Array<ArrayBuffer>): void;
  /** Ends a connection after `last`, as far as that can be sent at once; `null` resets it. */
  end(descriptor: number, last: Uint8Array<ArrayBuffer> | null): void;
  /** What the client still sends is not read; what is on its way to it arrives. */
  stopReading(descriptor: number): void;
}

/** TCP sockets as the kernel sees them. Linux only: elsewhere every call throws. */
export interface TcpSockets extends ConnectionLooks {
  /** In the order in which they were opened. */
  listeners(): TcpListener[];
  /**
   * Searches for a connection to one of `ports` that carried data less than `recent` milliseconds ago, among the
   * `count` descriptors from `from` on, but not for one from a client's port in `except`. 1,000 of them take about 1 ms.
   */
  findActive(
    ports: ReadonlySet<number>,
    recent: number,
    from: number,
    count: number,
    except?: ReadonlySet<number>,
  ): ConnectionSearch;
  /** How many connections wait in the accept queue of `listener`. */
  waiting(listener: number): number;
  /** How many sockets of this host listen where `listener` does, itself included; `null` if that is unknown. */
  siblings(listener: number): number | null;
  isListening(descriptor: number): boolean;
  /** Resets the connections in the accept queue of `listener`, which goes on listening. */
  resetWaiting(listener: number): void;
  /** The port at which the socket listens; `null` if it does not, or is no TCP socket. */
  listeningPort(descriptor: number): number | null;
  /** Whether connections in the accept queue of a listener that closes move to another one of its group. */
  areMigrated(): boolean;
  /** Sets which listener of its SO_REUSEPORT group gets a new connection. Throws if the kernel refuses. */
  steer(listener: number, program: Uint8Array<ArrayBuffer>): void;
  /** Sets which segments that arrive at `listener` are dropped. Throws if the kernel refuses. */
  filter(listener: number, program: Uint8Array<ArrayBuffer>): void;
  /** From now on none are. */
  endFilter(listener: number): void;
  /** `listener` stops listening, in every process that has it: new connections are refused, waiting ones reset. */
  stopListening(listener: number): void;
  close(descriptor: number): void;
  /** Another descriptor of the same socket, which keeps it open. Throws if there is none left. */
  keep(listener: number): number;
  /** The server that listens at `descriptor` accepts from the socket of `kept` from now on. Throws if that fails. */
  swap(descriptor: number, kept: number): void;
  /**
   * Ends up to `count` connections to `ports` on which nothing ever arrived, the oldest first; if there is no such
   * connection, and unless `silentOnly`, those that have been idle longest.
   */
  endIdle(ports: ReadonlySet<number>, count: number, silentOnly: boolean): EndedConnections;
}

export interface EndedConnections {
  readonly ended: number;
  /** Silent ones that are left: their requests may be on their way, but soon they can be ended. */
  readonly tooNew: number;
}

/** Unix sockets for clients (unix(7)), by their files. Linux only: elsewhere every call throws. */
export interface UnixSockets {
  /**
   * Listens at `path`, where there must be no file; the file has `mode` from its first moment. Returns the descriptor.
   * Throws the error of the system.
   */
  listen(path: string, options: { readonly backlog: number; readonly mode: number }): number;
  /** From now on this process counts as the one that listens. */
  claim(descriptor: number, backlog: number): void;
  /** The process that counts as the one that listens; 0 if it is unknown. */
  claimant(descriptor: number): number;
  /** The same for the socket at `path`; 0 if it is unknown, `null` if none listens. Throws if none can be asked. */
  listenerAt(path: string): number | null;
  /** Nobody can connect any more; connections that wait are still accepted. In every process that has the socket. */
  refuse(descriptor: number): void;
  /** Whether `refuse` was called, in any process. */
  isRefusing(descriptor: number): boolean;
  /**
   * Whether bytes are on their way on a connection of this process to one of `paths`: a client has not taken all that was
   * sent to it, or this process has not read what has arrived.
   */
  areBytesWaiting(paths: ReadonlySet<string>): boolean;
}

/** Open sockets that came from another process. */
export interface FdMessage {
  readonly tag: string;
  /** The process id of the sender, as the kernel says; `null` in an inbox without a path. */
  readonly sender: number | null;
  readonly descriptors: readonly number[];
}

export interface FdInbox {
  /**
   * The messages that have arrived, at most 64; does not wait. Each is taken when it is asked for: who close what they do
   * not need before they ask for the next one never have more than 253 descriptors.
   */
  receive(): Iterable<FdMessage>;
  /** Also closes the descriptors that have not been received. */
  close(): void;
}

/** An inbox without a path: only a process that inherits `descriptor` can send to it. */
export interface FdPair {
  readonly inbox: FdInbox;
  readonly descriptor: number;
}

/** Passes open sockets between processes. Linux only: elsewhere every call throws. */
export interface Descriptors {
  /** Opens an inbox at `path`, for processes of this user. Throws if that fails. */
  open(path: string): FdInbox;
  /** Throws if that fails. */
  pair(): FdPair;
  /**
   * A listening socket that this process has inherited, ready to be shared; or what is there instead, as in "it is …".
   * Throws the error of the system.
   */
  take(descriptor: number): InheritedSource | string;
  /** From now on new processes do not inherit `descriptor`, which was inherited. Throws if it is not open. */
  keep(descriptor: number): void;
  /** Sends to the inbox of which `outlet` was inherited. Throws if that fails. */
  sendOver(outlet: number, descriptors: readonly number[]): void;
  /** Closes a descriptor that was received, and never waits, whatever it is. A listener is closed when this returns. */
  close(descriptor: number): void;
  /** Sends `descriptors`, at most 253, with a short tag. They stay open here. Throws if there is no inbox at `path`. */
  send(path: string, tag: string, descriptors: readonly number[]): void;
}
