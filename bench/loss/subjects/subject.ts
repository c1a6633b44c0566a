/** Operations on a server under load. Each promise resolves when the server has completed the operation. */
interface Operations {
  /** A rolling reload. */
  readonly reload: () => Promise<void>;
  readonly addWorker: () => Promise<void>;
  readonly removeWorker: () => Promise<void>;
  /** A new process takes over. */
  readonly upgrade: () => Promise<void>;
}

/** A server to be measured. */
export interface Subject extends Partial<Operations> {
  readonly port: number;
  /** Waits until it serves with all its workers. */
  ready(): Promise<void>;
  /** How many workers were replaced by `--max-requests`. */
  recycled?(): number;
  /** Stops it gracefully. */
  stop(): Promise<void>;
  /** Kills its processes and removes its folder, in any state. */
  destroy(): Promise<void>;
  /** The end of its log, to find out why a run failed. */
  log(): string;
}

/** Thrown if the server does not support the operation of a cell. */
export class NotSupported extends Error {
  override readonly name = "NotSupported";
}
