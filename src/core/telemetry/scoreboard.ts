/**
 * The scoreboard: how every worker is, in memory it shares with the master. A worker writes to its own slot and
 * nobody else does while it lives, so a request is counted with plain stores, and a worker that hangs can still
 * be read. The caller maps the memory; here it is an ArrayBuffer.
 *
 * A header of 64 bytes (magic, version, slots, bytes per slot) and then the slots, each a multiple of 64 bytes,
 * so that no two workers write to one cache line. Every number is a Float64 at a multiple of 8: an aligned store
 * of 8 bytes is atomic on x64 and arm64, a number is never read half. Two numbers may be of different moments.
 */

import { bucketCount, bucketOf } from "./latency_histogram.ts";
import {
  readRunningRequest,
  type RunningRequest,
  runningRequestSize,
  RunningRequestWriter,
} from "./running_request.ts";

/** To be raised with every change of the layout, the buckets of latencies and the table of methods included. */
export const scoreboardVersion = 1;

/** "dnic" as a number. */
const magic = 0x646e_6963;
const header = { magic: 0, version: 1, slots: 2, slotSize: 3 } as const;
const headerWords = 8;
const requestWords = runningRequestSize / 8;

// The layout of a slot, in words of 8 bytes.
const at = {
  heartbeats: 0,
  pid: 1,
  generation: 2,
  state: 3,
  inFlight: 4,
  requests: 5,
  responses: 6,
  heartbeatInterval: 11,
  lag: 12,
  greatestLag: 13,
  origin: 14,
  entered: 16,
  longest: 16 + requestWords,
  latency: 16 + 2 * requestWords,
} as const;
const responseClasses = 5;
const slotSize = Math.ceil((at.latency + bucketCount) * 8 / 64) * 64;

const states = ["none", "booting", "ready", "draining"] as const;
export type SlotState = typeof states[number];

/** With each measurement the greatest lag fades by this much: after 14 it has halved. */
const lagDecay = 0.95;

/** One slot as it was read. */
export interface SlotReading {
  readonly pid: number;
  readonly generation: number;
  readonly state: SlotState;
  readonly heartbeats: number;
  readonly inFlight: number;
  readonly requests: number;
  /** Responses by class, 1xx to 5xx. */
  readonly responses: readonly number[];
  /** Milliseconds until the next beat at the latest, as long as the event loop is not held up. */
  readonly heartbeatInterval: number;
  /** How late the event loop was, in milliseconds: the last time, and the greatest of late. */
  readonly lag: number;
  readonly greatestLag: number;
  /** By bucket of `core/telemetry/latency_histogram.ts`. */
  readonly latency: readonly number[];
  /** The request whose handler runs at this moment, before its first await. */
  readonly entered: RunningRequest | null;
  readonly longest: RunningRequest | null;
}

/** The bytes a scoreboard takes. */
export function scoreboardSize(slots: number): number {
  return headerWords * 8 + slots * slotSize;
}

/** Makes a scoreboard of a buffer of zeros. The magic comes last: until then `isScoreboard` says no. */
export function initialise(buffer: ArrayBuffer, slots: number): void {
  const size = scoreboardSize(slots);
  if (buffer.byteLength < size) {
    throw new RangeError(
      `making the scoreboard: ${buffer.byteLength} bytes are too few, ${slots} slots take ${size}`,
    );
  }
  const words = new Float64Array(buffer, 0, headerWords);
  words[header.version] = scoreboardVersion;
  words[header.slots] = slots;
  words[header.slotSize] = slotSize;
  words[header.magic] = magic;
}

/** True if this build can read and write the buffer: a scoreboard, of this version, and whole. */
export function isScoreboard(buffer: ArrayBuffer): boolean {
  if (buffer.byteLength < headerWords * 8) return false;
  const words = new Float64Array(buffer, 0, headerWords);
  const slots = words[header.slots]!;
  return words[header.magic] === magic && words[header.version] === scoreboardVersion &&
    words[header.slotSize] === slotSize && Number.isInteger(slots) && slots >= 0 &&
    buffer.byteLength >= scoreboardSize(slots);
}

/** How many slots the buffer was initialised with. */
export function slotCount(buffer: ArrayBuffer): number {
  return new Float64Array(buffer, 0, headerWords)[header.slots]!;
}

/** Empties a slot before a new worker gets it: only then is the counting its own. */
export function clearSlot(buffer: ArrayBuffer, slot: number): void {
  new Uint8Array(buffer, offsetOf(slot), slotSize).fill(0);
}

/** The counter that moves while the worker's event loop does. Read every few milliseconds for all workers. */
export function readHeartbeat(buffer: ArrayBuffer, slot: number): number {
  return new Float64Array(buffer, offsetOf(slot), 1)[at.heartbeats]!;
}

/** Requests in flight alone: read whenever a worker may have to go. */
export function readInFlight(buffer: ArrayBuffer, slot: number): number {
  return new Float64Array(buffer, offsetOf(slot) + at.inFlight * 8, 1)[0]!;
}

/** How soon the next beat is promised, in milliseconds. */
export function readHeartbeatInterval(buffer: ArrayBuffer, slot: number): number {
  return new Float64Array(buffer, offsetOf(slot) + at.heartbeatInterval * 8, 1)[0]!;
}

/** Requests since the worker started. */
export function readRequests(buffer: ArrayBuffer, slot: number): number {
  return new Float64Array(buffer, offsetOf(slot) + at.requests * 8, 1)[0]!;
}

/** The bytes of a slot, for a writer whose memory the reader does not share. */
export function slotBytes(buffer: ArrayBuffer, slot: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer, offsetOf(slot), slotSize);
}

/** All that a slot says. */
export function readSlot(buffer: ArrayBuffer, slot: number): SlotReading {
  const offset = offsetOf(slot);
  const words = new Float64Array(buffer, offset, slotSize / 8);
  return {
    pid: words[at.pid]!,
    generation: words[at.generation]!,
    state: states[words[at.state]!] ?? "none",
    heartbeats: words[at.heartbeats]!,
    inFlight: words[at.inFlight]!,
    requests: words[at.requests]!,
    responses: [...words.subarray(at.responses, at.responses + responseClasses)],
    heartbeatInterval: words[at.heartbeatInterval]!,
    lag: words[at.lag]!,
    greatestLag: words[at.greatestLag]!,
    latency: [...words.subarray(at.latency, at.latency + bucketCount)],
    entered: readRunningRequest(buffer, offset + at.entered * 8, words[at.origin]!),
    longest: readRunningRequest(buffer, offset + at.longest * 8, words[at.origin]!),
  };
}

function offsetOf(slot: number): number {
  return headerWords * 8 + slot * slotSize;
}

/** What a worker writes to its slot, which was cleared for it. */
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

  get heartbeats(): number {
    return this.#words[at.heartbeats]!;
  }
  heartbeat(): void {
    this.#words[at.heartbeats]!++;
  }

  get pid(): number {
    return this.#words[at.pid]!;
  }
  set pid(pid: number) {
    this.#words[at.pid] = pid;
  }

  get generation(): number {
    return this.#words[at.generation]!;
  }
  set generation(generation: number) {
    this.#words[at.generation] = generation;
  }

  get state(): SlotState {
    return states[this.#words[at.state]!]!;
  }
  set state(state: SlotState) {
    this.#words[at.state] = states.indexOf(state);
  }

  /** Wall-clock time, in milliseconds, at which the clock the worker takes times from stood at 0. */
  set origin(wall: number) {
    this.#words[at.origin] = wall;
  }

  get inFlight(): number {
    return this.#words[at.inFlight]!;
  }
  set inFlight(count: number) {
    this.#words[at.inFlight] = count;
  }

  get requests(): number {
    return this.#words[at.requests]!;
  }
  set requests(count: number) {
    this.#words[at.requests] = count;
  }

  get heartbeatInterval(): number {
    return this.#words[at.heartbeatInterval]!;
  }
  set heartbeatInterval(ms: number) {
    this.#words[at.heartbeatInterval] = ms;
  }

  /** Counts a response by the class of its status; what is no status is not counted. */
  countResponse(status: number): void {
    const place = (status / 100 | 0) - 1;
    if (place >= 0 && place < responseClasses) this.#words[at.responses + place]!++;
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

  /** The handler is called with this request; `now` is by the worker's own clock, in milliseconds. */
  enter(method: string, path: string, now: number): void {
    this.#entered.set(method, path, now);
  }
  /** The handler returned, with a response or a promise of one. */
  leave(): void {
    this.#entered.clear();
  }

  /** Of those in flight, the one that is there longest. */
  setLongest(method: string, path: string, since: number): void {
    this.#longest.set(method, path, since);
  }
  clearLongest(): void {
    this.#longest.clear();
  }
}
