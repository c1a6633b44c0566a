/** What this program asks the kernel about its sockets, beyond what Deno offers. Linux only. */

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

/** TCP sockets as the kernel sees them. Linux only: elsewhere every call throws. */
export interface TcpSockets {
  /** In the order in which they were opened. */
  listeners(): TcpListener[];
  /**
   * Searches for a connection to one of `ports` that carried data less than `recent` milliseconds ago, among the
   * `count` descriptors from `from` on. 1,000 of them take about 1 ms.
   */
  findActive(ports: ReadonlySet<number>, recent: number, from: number, count: number): ConnectionSearch;
  /** How many connections wait in the accept queue of `listener`. */
  waiting(listener: number): number;
  /** How many sockets of this host listen where `listener` does, itself included; `null` if that is unknown. */
  siblings(listener: number): number | null;
  isListening(descriptor: number): boolean;
  /** Whether connections in the accept queue of a listener that closes move to another one of its group. */
  areMigrated(): boolean;
  /** Sets which listener of its SO_REUSEPORT group gets a new connection. Throws if the kernel refuses. */
  steer(listener: number, program: Uint8Array<ArrayBuffer>): void;
  /** Sets which segments that arrive at `listener` are dropped. Throws if the kernel refuses. */
  filter(listener: number, program: Uint8Array<ArrayBuffer>): void;
  /** `listener` stops listening, in every process that has it: new connections are refused, waiting ones reset. */
  stopListening(listener: number): void;
  close(descriptor: number): void;
}

/** Open sockets that came from another process. */
export interface FdMessage {
  readonly tag: string;
  readonly descriptors: readonly number[];
}

export interface FdInbox {
  /** All messages that have arrived since the last call; does not wait. */
  receive(): FdMessage[];
  close(): void;
}

/** Passes open sockets between processes. Linux only: elsewhere every call throws. */
export interface Descriptors {
  /** Opens an inbox at `path`. Throws if that fails. */
  open(path: string): FdInbox;
  /** Sends `descriptors`, at most 253, with a short tag. They stay open here. Throws if there is no inbox at `path`. */
  send(path: string, tag: string, descriptors: readonly number[]): void;
}
