/** A server under measurement. */

/** What is done to a server under load. Each ends when the server has done it completely. */
export interface OperationQueue {
  /** A rolling reload. */
  readonly reload: () => Promise<void>;
  readonly oneMore: () => Promise<void>;
  readonly oneFewer: () => Promise<void>;
  /** Another process takes over. */
  readonly upgrade: () => Promise<void>;
}

export interface Subject extends Partial<OperationQueue> {
  readonly port: number;
  /** Waits until it serves with all its workers. */
  ready(): Promise<void>;
  /** How many workers were replaced without an operation, as `--max-requests` does. */
  recycled?(): number;
  /** Ends it in the way it is meant to be ended. */
  stop(): Promise<void>;
  /** Whatever state it is in, it ends, and its folder goes. */
  destroy(): Promise<void>;
  /** What it said, for whoever must find out why a run failed. */
  log(): string;
}

/** The server cannot do what a cell is about. */
export class NotSupported extends Error {
  override readonly name = "NotSupported";
}
