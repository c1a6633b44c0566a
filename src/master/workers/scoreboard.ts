/**
 * The memory in which workers keep their counters. The master only reads it, so it sees the counters of a worker whose
 * event loop is blocked as well. If no memory can be shared, workers send their slots over the channel, and they are
 * kept here in the same form.
 */

import {
  clearSlot,
  initialise,
  readHeartbeat,
  readHeartbeatInterval,
  readInFlight,
  readRequests,
  readSlot,
  scoreboardSize,
  slotBytes,
  slotCount,
  type SlotReading,
} from "../../core/telemetry/scoreboard.ts";
import type { Logger } from "../../log/logger.ts";
import { workerBounds } from "../../settings/kinds/number.ts";
import type { System } from "../../system/system.ts";
import type { Credentials } from "../files/credentials.ts";

const prefix = "denicorn-";
const sharedMemoryDirectory = "/dev/shm";
/** The prefix and the beginning of a UUID. */
const namePattern = /^denicorn-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{2}$/;

/** Each worker may drain while its replacement runs. Together the slots take 2.8 MB. */
const slots = 2 * workerBounds.to;

export class Scoreboard {
  readonly #buffer: ArrayBuffer;
  /** How many workers there can be at a time. */
  readonly slots: number;
  /** The file; `null` if the slots are sent over the channel. */
  readonly path: string | null;
  readonly #system: System;

  constructor(system: System, path: string | null, buffer: ArrayBuffer) {
    this.#system = system;
    this.#buffer = buffer;
    this.path = path;
    this.slots = slotCount(buffer);
  }

  /** Empties a slot for a new worker. */
  clear(slot: number): void {
    clearSlot(this.#buffer, slot);
  }

  heartbeat(slot: number): number {
    return readHeartbeat(this.#buffer, slot);
  }

  /**
   * How long without a heartbeat (ms) means that the event loop is blocked for longer than `limit`: an idle worker has a
   * long heartbeat interval.
   */
  heartbeatTimeout(slot: number, limit: number): number {
    const heartbeatInterval = readHeartbeatInterval(this.#buffer, slot);
    return heartbeatInterval < limit ? limit : heartbeatInterval + limit;
  }

  /** How soon the worker promises its next heartbeat, in milliseconds. */
  heartbeatInterval(slot: number): number {
    return readHeartbeatInterval(this.#buffer, slot);
  }

  requests(slot: number): number {
    return readRequests(this.#buffer, slot);
  }

  inFlight(slot: number): number {
    return readInFlight(this.#buffer, slot);
  }

  read(slot: number): SlotReading {
    return readSlot(this.#buffer, slot);
  }

  /** Takes a slot that was sent over the channel. */
  accept(slot: number, bytes: Uint8Array): void {
    const place = slotBytes(this.#buffer, slot);
    if (bytes.length === place.length) place.set(bytes);
  }

  [Symbol.dispose](): void {
    if (this.path !== null) this.#system.files.remove(this.path);
  }
}

/** Creates the file in shared memory, or in `runtimeDirectory`; removes the files of masters that are gone. */
export function openScoreboard(
  system: System,
  logger: Logger,
  runtimeDirectory: string,
  credentials: Credentials,
): Scoreboard {
  const size = scoreboardSize(slots);
  const failures: string[] = [];
  removeLeftovers(system);
  for (const directory of [sharedMemoryDirectory, runtimeDirectory]) {
    const path = `${directory}/${prefix}${system.host.secret().slice(0, 16)}`;
    try {
      const buffer = system.memory.create(path, size);
      initialise(buffer, slots);
      system.files.changeOwner(path, credentials.uid ?? null, credentials.gid ?? null);
      return new Scoreboard(system, path, buffer);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  logger.warning`no memory to share with workers: ${
    failures.join("; ")
  }: they send their counters, and those of a blocked worker cannot be read; see \`denicorn doctor\``;
  const buffer = new ArrayBuffer(size);
  initialise(buffer, slots);
  return new Scoreboard(system, null, buffer);
}

/** Only files with the name, the size and (unless this is root) the owner of a scoreboard. */
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
    const isBoard = found !== null && found.isFile && found.size === scoreboardSize(slots);
    const isOurs = found?.uid === host.uid || host.uid === 0;
    if (isBoard && isOurs && memory.isAbandoned(path)) files.remove(path);
  }
}
