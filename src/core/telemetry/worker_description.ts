/** What a worker says of itself when an operator asks what it does now. */

interface DescribedRequest {
  readonly method: string;
  /** Without the query, which may hold secrets. */
  readonly path: string;
  /** Milliseconds since it arrived. */
  readonly ms: number;
  /** Of its response, of which not all is sent; 0 until the app has answered. */
  readonly status: number;
}

export interface WorkerDescription {
  /** The oldest ones in flight. */
  readonly requests: readonly DescribedRequest[];
  /** How many others there are. */
  readonly others: number;
  /** Bytes. */
  readonly heapUsed: number;
  /** Bytes that V8 has for its heap. */
  readonly heapTotal: number;
  /** Bytes of buffers and other data beside the heap. */
  readonly external: number;
  /** Bytes of memory of the process, with what it shares. */
  readonly resident: number;
  /** Tasks that run, with their names and ids; empty without any. */
  readonly tasks: string;
}

/** How many requests a description names. */
export const mostDescribed = 50;
