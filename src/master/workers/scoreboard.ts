/**
 * The memory in which workers keep their figures. The master only reads it, so a worker whose event loop is
 * blocked is seen as it is. Where no memory can be shared the figures come over the link and are kept here in
 * the same form: who reads them sees no difference.
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
  type SlotReading,
} from "../../core/telemetry/scoreboard.ts";
import type { Logger } from "../../log/logger.ts";
import type { System } from "../../system/system.ts";
import type { Credentials } from "../files/credentials.ts";

const prefix = "denicorn-";
const sharedMemoryDirectory = "/dev/shm";
/** The prefix and the beginning of a UUID. */
const namePattern = /^denicorn-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{2}$/;

/** Twice the most workers there may be: each may have a successor beside it. Together they take 2.8 MB. */
const slots = 2_048;

export class Scoreboard {
  readonly #buffer: ArrayBuffer;
  /** The file; `null` where the figures come over the link. */
  readonly path: string | null;
  readonly #system: System;

  constructor(system: System, path: string | null, buffer: ArrayBuffer) {
    this.#system = system;
    this.#buffer = buffer;
    this.path = path;
  }

  /** Empties a slot for a new worker. */
  clear(slot: number): void {
    clearSlot(this.#buffer, slot);
  }

  heartbeat(slot: number): number {
    return readHeartbeat(this.#buffer, slot);
  }

  /** How long no beat may come if the event loop is to be held up no longer than `limit`: a resting worker beats seldom. */
  heartbeatTimeout(slot: number, limit: number): number {
    const heartbeatInterval = readHeartbeatInterval(this.#buffer, slot);
    return heartbeatInterval < limit ? limit : heartbeatInterval + limit;
  }

  /** How soon the next beat is promised, in milliseconds. */
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

  /** Takes a slot that came over the link. */
  accept(slot: number, bytes: Uint8Array): void {
    const place = slotBytes(this.#buffer, slot);
    if (bytes.length === place.length) place.set(bytes);
  }

  [Symbol.dispose](): void {
    if (this.path !== null) this.#system.files.remove(this.path);
  }
}

/** Makes the file in shared memory, else in `runtimeDirectory`; removes those of masters that are gone. */
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
  }: their figures come over the link, a blocked worker cannot be read; see \`denicorn doctor\``;
  const buffer = new ArrayBuffer(size);
  initialise(buffer, slots);
  return new Scoreboard(system, null, buffer);
}

/** Only what has the name, the size and, apart from root's workers, the owner of a scoreboard. */
function removeLeftovers({ files, host, memory }: System): void {
  let names: string[];
  try {
    names = files.list(sharedMemoryDirectory);
  } catch {
    // No such place here.
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
