/**
 * The scoreboard: the counters of all workers, in memory that they share with the master. Each worker writes to its
 * own slot and no other process does, so plain stores are enough to count a request, and the master can read the slot
 * of a worker that hangs. The caller maps the memory; here it is an ArrayBuffer.
 *
 * Layout: a header of 64 bytes (magic, version, slots, bytes per slot), then the slots, each a multiple of 64 bytes
 * long so that no two workers write to the same cache line. Every number is a Float64 at a multiple of 8: an aligned
 * store of 8 bytes is atomic on x64 and arm64, so half a number is never read. Two numbers of a slot may be from
 * different moments.
 */

import { type FailureKind, failureKinds } from "./failures.ts";
import { bucketCount, bucketOf } from "./latency_histogram.ts";
import {
  readRunningRequest,
  type RunningRequest,
  runningRequestSize,
  RunningRequestWriter,
  sinceWord,
} from "./running_request.ts";

/** Increase it with every change of the layout, of the latency buckets, or of the tables of failures and methods. */
const scoreboardVersion = 5;

/** "dnic" as a number. */
const magic = 0x646e_6963;
const header = { magic: 0, version: 1, slots: 2, slotSize: 3 } as const;
const headerWords = 8;
const requestWords = runningRequestSize / 8;

// The layout of a slot, in words of 8 bytes.
const at = {
  heartbeats: 0,
  pid: 1,
  inFlight: 2,
  requests: 3,
  responses: 4,
  heartbeatInterval: 9,
  lag: 10,
  greatestLag: 11,
  origin: 12,
  webSockets: 13,
  failures: 14,
  entered: 14 + failureKinds.length,
  longest: 14 + failureKinds.length + requestWords,
  latency: 14 + failureKinds.length + 2 * requestWords,
} as const;
const responseClasses = 5;
const slotSize = Math.ceil((at.latency + bucketCount) * 8 / 64) * 64;

/** With each measurement the greatest lag is multiplied by this: after 14 measurements it has halved. */
const lagDecay = 0.95;

/** What was read from a slot. */
export interface SlotReading {
  readonly pid: number;
  readonly heartbeats: number;
  readonly inFlight: number;
  /** Of those in flight. */
  readonly webSockets: number;
  readonly requests: number;
  /** Responses by class, 1xx to 5xx. */
  readonly responses: readonly number[];
  /** In the order of `failureKinds`. */
  readonly failures: readonly number[];
  /** Milliseconds between two heartbeats, unless the event loop is blocked. */
  readonly heartbeatInterval: number;
  /** How late the event loop was, in milliseconds: the last time, and at most recently. */
  readonly lag: number;
  readonly greatestLag: number;
  /** Requests by bucket of `latency_histogram.ts`. */
  readonly latency: readonly number[];
  /** The request whose handler runs synchronously at this moment: before its first await. */
  readonly entered: RunningRequest | null;
  /** The oldest request in flight. */
  readonly longest: RunningRequest | null;
}

/** The size of a scoreboard in bytes. */
export function scoreboardSize(slots: number): number {
  return headerWords * 8 + slots * slotSize;
}

/** Makes a buffer of zeros a scoreboard. The magic is written last: until then `isScoreboard` is false. */
export function initialise(buffer: ArrayBuffer, slots: number): void {
  const size = scoreboardSize(slots);
  if (buffer.byteLength < size) {
    throw new RangeError(
      `cannot make the scoreboard: ${buffer.byteLength} bytes are too few for ${slots} slots: allocate ${size}`,
    );
  }
  const words = new Float64Array(buffer, 0, headerWords);
  words[header.version] = scoreboardVersion;
  words[header.slots] = slots;
  words[header.slotSize] = slotSize;
  words[header.magic] = magic;
}

/** True if this build can use the buffer: it is a complete scoreboard of this version. */
export function isScoreboard(buffer: ArrayBuffer): boolean {
  if (buffer.byteLength < headerWords * 8) return false;
  const words = new Float64Array(buffer, 0, headerWords);
  const slots = words[header.slots]!;
  return words[header.magic] === magic && words[header.version] === scoreboardVersion &&
    words[header.slotSize] === slotSize && Number.isInteger(slots) && slots >= 0 &&
    buffer.byteLength >= scoreboardSize(slots);
}

/** How many slots the scoreboard has. */
export function slotCount(buffer: ArrayBuffer): number {
  return new Float64Array(buffer, 0, headerWords)[header.slots]!;
}

/** Clears a slot before a new worker gets it. */
export function clearSlot(buffer: ArrayBuffer, slot: number): void {
  new Uint8Array(buffer, offsetOf(slot), slotSize).fill(0);
}

/**
 * Single numbers of the slots, read every few milliseconds for all workers. It keeps one view of the whole memory, because
 * to make a view takes longer than to read through it.
 */
export class SlotNumbers {
  readonly #words: Float64Array;

  constructor(buffer: ArrayBuffer) {
    this.#words = new Float64Array(buffer, 0, Math.floor(buffer.byteLength / 8));
  }

  #at(slot: number, word: number): number {
    return this.#words[headerWords + slot * (slotSize / 8) + word]!;
  }

  heartbeats(slot: number): number {
    return countIn(this.#at(slot, at.heartbeats));
  }

  inFlight(slot: number): number {
    return countIn(this.#at(slot, at.inFlight));
  }

  /** Requests since the worker started. */
  requests(slot: number): number {
    return countIn(this.#at(slot, at.requests));
  }

  /** When the handler began that has not returned yet, by the monotonic clock of the worker; 0 if there is none. */
  handlingSince(slot: number): number {
    const since = this.#at(slot, at.entered + sinceWord);
    return since > 0 ? since : 0;
  }

  /** Milliseconds between two heartbeats. */
  heartbeatInterval(slot: number): number {
    return intervalIn(this.#at(slot, at.heartbeatInterval));
  }
}

/** The bytes of a slot, to send them to a reader that does not share the memory. */
export function slotBytes(buffer: ArrayBuffer, slot: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer, offsetOf(slot), slotSize);
}

/** Reads a whole slot. */
export function readSlot(buffer: ArrayBuffer, slot: number): SlotReading {
  const offset = offsetOf(slot);
  const words = new Float64Array(buffer, offset, slotSize / 8);
  return {
    pid: countIn(words[at.pid]!),
    heartbeats: countIn(words[at.heartbeats]!),
    inFlight: countIn(words[at.inFlight]!),
    webSockets: countIn(words[at.webSockets]!),
    requests: countIn(words[at.requests]!),
    responses: Array.from(words.subarray(at.responses, at.responses + responseClasses), countIn),
    failures: Array.from(words.subarray(at.failures, at.failures + failureKinds.length), countIn),
    heartbeatInterval: intervalIn(words[at.heartbeatInterval]!),
    lag: durationIn(words[at.lag]!),
    greatestLag: durationIn(words[at.greatestLag]!),
    latency: Array.from(words.subarray(at.latency, at.latency + bucketCount), countIn),
    entered: readRunningRequest(buffer, offset + at.entered * 8, words[at.origin]!),
    longest: readRunningRequest(buffer, offset + at.longest * 8, words[at.origin]!),
  };
}

// The app could write to the memory, too, to all of its slots. What no worker writes there counts as 0: one NaN would
// make all sums with it NaN, for as long as the server runs, and a worker whose heartbeats are NaN would never seem silent.

function countIn(value: number): number {
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/** Idle workers have the longest one, 250 ms. */
const longestInterval = 1_000;

function intervalIn(ms: number): number {
  return ms > 0 && ms <= longestInterval ? ms : 0;
}

/** A day: a longer lag is none. */
const longestDuration = 24 * 60 * 60 * 1000;

function durationIn(ms: number): number {
  return ms > 0 && ms <= longestDuration ? ms : 0;
}

function offsetOf(slot: number): number {
  return headerWords * 8 + slot * slotSize;
}

/** Writes to the slot of one worker, which was cleared for it. */
export class SlotWriter {
  readonly #words: Float64Array;
  readonly #entered: RunningRequestWriter;
  readonly #longest: RunningRequestWriter;

  constructor(buffer: ArrayBuffer, slot: number) {
    const offset = offsetOf(slot);
    this.#words = new Float64Array(buffer, offset, slotSize / 8);
    this.#entered = new RunningRequestWriter(buffer, offset + at.entered * 8);
    this.#longest = new RunningRequestWriter(buffer, offset + at.longest * 8);
  }

  heartbeat(): void {
    this.#words[at.heartbeats]!++;
  }

  set pid(pid: number) {
    this.#words[at.pid] = pid;
  }

  /** Wall-clock time, in milliseconds, at which the monotonic clock of the worker was 0. */
  set origin(wall: number) {
    this.#words[at.origin] = wall;
  }

  set inFlight(count: number) {
    this.#words[at.inFlight] = count;
  }

  set webSockets(count: number) {
    this.#words[at.webSockets] = count;
  }

  set requests(count: number) {
    this.#words[at.requests] = count;
  }

  set heartbeatInterval(ms: number) {
    this.#words[at.heartbeatInterval] = ms;
  }

  /** Counts a response by the class of its status. Ignores what is not a status. */
  countResponse(status: number): void {
    const place = (status / 100 | 0) - 1;
    if (place >= 0 && place < responseClasses) this.#words[at.responses + place]!++;
  }

  /** Counts what went wrong with `count` requests. */
  countFailures(kind: FailureKind, count: number): void {
    this.#words[at.failures + failureKinds.indexOf(kind)]! += count;
  }

  /** Counts how long a request took. */
  countLatency(ms: number): void {
    this.#words[at.latency + bucketOf(ms)]!++;
  }

  /** Records how late the event loop was. */
  measureLag(ms: number): void {
    const faded = this.#words[at.greatestLag]! * lagDecay;
    this.#words[at.lag] = ms;
    this.#words[at.greatestLag] = ms > faded ? ms : faded;
  }

  /** The handler is called with this request at `now` on the monotonic clock of the worker. */
  enter(method: string, path: string, now: number): void {
    this.#entered.set(method, path, now);
  }
  /** The handler has returned a response or a promise. */
  leave(): void {
    this.#entered.clear();
  }

  /** The oldest request in flight. */
  setLongest(method: string, path: string, since: number): void {
    this.#longest.set(method, path, since);
  }
  clearLongest(): void {
    this.#longest.clear();
  }
}
