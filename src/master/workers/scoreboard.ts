/**
 * The memory in which workers keep their counters. The master only reads it, so it sees the counters of a worker whose
 * event loop is blocked as well. If no memory can be shared, workers send their slots over the channel, and they are
 * kept here in the same form.
 */

import {
  clearSlot,
  initialise,
  readSlot,
  scoreboardSize,
  slotBytes,
  slotCount,
  SlotNumbers,
  type SlotReading,
} from "../../core/telemetry/scoreboard.ts";
import type { WorkerRole } from "../../protocol/messages.ts";
import { taskWorkerBounds, workerBounds } from "../../settings/kinds/number.ts";
import type { SharedBlock, System } from "../../system/system.ts";

const sharedMemoryDirectory = "/dev/shm";
/** What older versions called their files: a prefix and the beginning of a UUID. */
const namePattern = /^denicorn-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{2}$/;

/** Each worker may drain while its replacement runs. Together the slots take 3.4 MB. */
const slots = { requests: 2 * workerBounds.to, tasks: 2 * taskWorkerBounds.to } as const;
const allSlots = slots.requests + slots.tasks;

/** The slots of task workers follow those of the others. */
export function firstSlot(role: WorkerRole): number {
  return role === "tasks" ? slots.requests : 0;
}

export class Scoreboard {
  readonly #buffer: ArrayBuffer;
  readonly #numbers: SlotNumbers;
  /** How many workers that serve requests there can be at a time. */
  readonly slots: number;
  /** What workers inherit; `null` if the slots are sent over the channel. */
  readonly descriptor: number | null;

  constructor(buffer: ArrayBuffer, descriptor: number | null) {
    this.#buffer = buffer;
    this.#numbers = new SlotNumbers(buffer);
    this.descriptor = descriptor;
    this.slots = Math.min(slots.requests, slotCount(buffer));
  }

  /** Empties a slot for a new worker. */
  clear(slot: number): void {
    clearSlot(this.#buffer, slot);
  }

  heartbeat(slot: number): number {
    return this.#numbers.heartbeats(slot);
  }

  /**
   * How long without a heartbeat (ms) means that the event loop is blocked for longer than `limit`: an idle worker has a
   * long heartbeat interval.
   */
  heartbeatTimeout(slot: number, limit: number): number {
    const heartbeatInterval = this.#numbers.heartbeatInterval(slot);
    return heartbeatInterval < limit ? limit : heartbeatInterval + limit;
  }

  /** How soon the worker promises its next heartbeat, in milliseconds. */
  heartbeatInterval(slot: number): number {
    return this.#numbers.heartbeatInterval(slot);
  }

  requests(slot: number): number {
    return this.#numbers.requests(slot);
  }

  inFlight(slot: number): number {
    return this.#numbers.inFlight(slot);
  }

  /**
   * When its handler began that has not returned yet, by the monotonic clock, which is the same in all processes that
   * share this memory; 0 if there is none.
   */
  handlingSince(slot: number): number {
    return this.#numbers.handlingSince(slot);
  }

  read(slot: number): SlotReading {
    return readSlot(this.#buffer, slot);
  }

  /** Takes a slot that was sent over the channel. */
  accept(slot: number, bytes: Uint8Array): void {
    const place = slotBytes(this.#buffer, slot);
    if (bytes.length === place.length) place.set(bytes);
  }
}

/** Allocates the memory, and removes what masters of older versions that are gone left in shared memory. */
export function openScoreboard(
  system: System,
  warn: (line: string) => void,
  runtimeDirectory: string,
): Scoreboard {
  removeLeftovers(system);
  const size = scoreboardSize(allSlots);
  const { memory } = system;
  const failures: string[] = [];
  const places: readonly (() => SharedBlock)[] = [
    () => memory.createSealed(size),
    () => memory.createUnnamed(sharedMemoryDirectory, size),
    () => memory.createUnnamed(runtimeDirectory, size),
  ];
  for (const create of places) {
    try {
      const { buffer, descriptor } = create();
      initialise(buffer, allSlots);
      return new Scoreboard(buffer, descriptor);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  warn(
    `no memory to share with workers: ${
      failures.join("; ")
    }: they send their counters, and those of a blocked ` +
      "worker cannot be read; see `denicorn doctor`",
  );
  const buffer = new ArrayBuffer(size);
  initialise(buffer, allSlots);
  return new Scoreboard(buffer, null);
}

/** Only files with such a name, of any size, that belong to this user (for root: to any) and that no process has locked. */
function removeLeftovers({ files, host, memory }: System): void {
  let names: string[];
  try {
    names = files.list(sharedMemoryDirectory);
  } catch {
    // This system has no such directory.
    return;
  }
  for (const name of names.filter((name) => namePattern.test(name))) {
    const path = `${sharedMemoryDirectory}/${name}`;
    const found = files.lstat(path);
    const isOurs = found?.uid === host.uid || host.uid === 0;
    if (found?.isFile !== true || !isOurs || !memory.isAbandoned(path)) continue;
    try {
      files.remove(path);
    } catch {
      // Another master that starts at this moment removes it.
    }
  }
}
