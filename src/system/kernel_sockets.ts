/** What this program asks of the kernel about its sockets, beyond what Deno offers. Linux only. */

/** A TCP socket of this process that takes connections. */
export interface TcpListener {
  readonly descriptor: number;
  readonly port: number;
}

/** A TCP connection of this process. */
export interface TcpConnection {
  readonly descriptor: number;
  /** Milliseconds since it last carried data in either direction; 0 while the other side has not taken all of it. */
  readonly idle: number;
}

/** TCP sockets as the kernel sees them. Linux only: elsewhere every call throws. */
export interface TcpSockets {
  /** In the order in which they were opened. */
  listeners(): TcpListener[];
  /** The connections whose end on this side has `port`. */
  connections(port: number): TcpConnection[];
  /** How many connections wait in the accept queue of `listener`. */
  waiting(listener: number): number;
  /** How many sockets of this host listen where `listener` does, itself included; `null` where nobody tells. */
  siblings(listener: number): number | null;
  isListening(descriptor: number): boolean;
  /** Sets which listener of its SO_REUSEPORT group gets a new connection. Throws where the kernel refuses. */
  steer(listener: number, program: Uint8Array<ArrayBuffer>): void;
  /** Sets which segments that come to `listener` are dropped. Throws where the kernel refuses. */
  filter(listener: number, program: Uint8Array<ArrayBuffer>): void;
  /** Ends the listening of `listener`, whoever else holds it: new connections are refused, waiting ones reset. */
  stopListening(listener: number): void;
  close(descriptor: number): void;
}

/** Open sockets that came from another process. */
export interface FdMessage {
  readonly tag: string;
  readonly descriptors: readonly number[];
}

export interface FdInbox {
  /** All that has come since it was last asked; does not wait. */
  receive(): FdMessage[];
  close(): void;
}

/** Passes open sockets between processes. Linux only: elsewhere every call throws. */
export interface Descriptors {
  /** Opens a post box at `path`. Throws when it cannot be made. */
  open(path: string): FdInbox;
  /** Sends `descriptors`, at most 253, with a short tag. They stay open here. Throws when nobody takes them. */
  send(path: string, tag: string, descriptors: readonly number[]): void;
}
