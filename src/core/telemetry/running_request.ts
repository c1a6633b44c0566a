/**
 * A request that a worker is handling, in shared memory: method, path and start. The worker may be stuck in it and
 * unable to answer, so the master reads the memory.
 *
 * The text is guarded by a sequence number, which is odd while the text is written. A reader that finds it
 * odd, or changed after the copy, tries again: so it never gets half of one path and half of another. The number is
 * increased with Atomics.add, which also orders the stores around it on arm64; x64 keeps stores in order anyway.
 */

/** A request as it was read from the memory. */
export interface RunningRequest {
  /** One of `knownMethods`, or OTHER. */
  readonly method: string;
  /** Cut to `pathSize` bytes of UTF-8, never inside a character. */
  readonly path: string;
  /** Wall clock, milliseconds. */
  readonly since: number;
}

/** In place of a method: what runs is a background task, and the path is its name. */
export const taskMethod = "TASK";

/** A method is stored as its index in this table. Other methods are rare, and the path says enough. */
export const knownMethods = [
  "OTHER",
  ...["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"],
  ...["PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH"],
  // A background task: its name is in place of the path.
  taskMethod,
] as const;
const methodNumbers = new Map<string, number>(knownMethods.map((method, number) => [method, number]));

/** Bytes of the path that are stored; the length fits into a byte. */
export const pathSize = 248;

// The layout, in bytes: sequence, since (8-byte words), then method, length, and the path.
const at = { sequence: 0, since: 8, method: 16, length: 17, path: 24 } as const;

/** Bytes of one request, at an offset that is a multiple of 8. */
export const runningRequestSize = at.path + pathSize;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes the request at `offset`, in memory that was zero. There must be only one writer. */
export class RunningRequestWriter {
  readonly #sequence: Int32Array;
  readonly #since: Float64Array;
  readonly #head: Uint8Array;
  readonly #path: Uint8Array<ArrayBuffer>;
  #writtenMethod = "";
  #writtenPath = "";

  constructor(buffer: ArrayBuffer, offset: number) {
    this.#sequence = new Int32Array(buffer, offset + at.sequence, 1);
    this.#since = new Float64Array(buffer, offset + at.since, 1);
    this.#head = new Uint8Array(buffer, offset + at.method, 2);
    this.#path = new Uint8Array(buffer, offset + at.path, pathSize);
  }

  /**
   * Called for each request. If the text is the same as before it is not written again, so that there is only one
   * store: 4 ns including `clear()`, against 150-220 ns for a text of 28 characters, most of it in encodeInto.
   */
  set(method: string, path: string, since: number): void {
    if (path !== this.#writtenPath || method !== this.#writtenMethod) this.#write(method, path, since);
    else this.#since[0] = since;
  }

  clear(): void {
    this.#since[0] = 0;
  }

  #write(method: string, path: string, since: number): void {
    Atomics.add(this.#sequence, 0, 1);
    this.#head[0] = methodNumbers.get(method) ?? 0;
    this.#head[1] = encoder.encodeInto(path, this.#path).written;
    this.#since[0] = since;
    Atomics.add(this.#sequence, 0, 1);
    this.#writtenMethod = method;
    this.#writtenPath = path;
  }
}

/** Where its start is, by the monotonic clock of the worker, in words of 8 bytes; 0 while there is no request. */
export const sinceWord = at.since / 8;

/** The last moment that a Date can hold. */
const latest = 8.64e15;

const fence = new Int32Array(1);

/** The request at `offset`, with `origin` added to its time; `null` if there is none, or if it changes too fast. */
export function readRunningRequest(
  buffer: ArrayBuffer,
  offset: number,
  origin = 0,
): RunningRequest | null {
  const sequence = new Int32Array(buffer, offset + at.sequence, 1);
  const shared = new Uint8Array(buffer, offset, runningRequestSize);
  for (let attempt = 0; attempt < 4; attempt++) {
    const before = Atomics.load(sequence, 0);
    if (before % 2 !== 0) continue;
    const copy = shared.slice();
    // On arm64 the loads of the copy could otherwise happen after the next atomic load.
    Atomics.exchange(fence, 0, 0);
    if (Atomics.load(sequence, 0) !== before) continue;

    const since = new Float64Array(copy.buffer, at.since, 1)[0]!;
    // The app could write to the memory, too: no other number is the time of a request, and none makes a date.
    if (!(Math.abs(origin + since) <= latest) || since === 0) return null;
    return {
      method: knownMethods[copy[at.method]!] ?? "OTHER",
      path: decoder.decode(copy.subarray(at.path, at.path + copy[at.length]!)),
      since: origin + since,
    };
  }
  return null;
}
