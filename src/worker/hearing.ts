/**
 * Sees that the worker's listening sockets are still there. When accepting fails once, for want of a file it may
 * open (EMFILE), the runtime closes the listener and accepts no more; Deno 2.7 tells nobody until the last
 * connection has ended. The worker is deaf then, and goes on with the connections it has. When there is room
 * again, it asks for its turn to listen.
 */

import type { System } from "../system/system.ts";

export interface HearingEvents {
  readonly onDeaf: (isFull: boolean) => void;
  /** Deaf, and no room to listen again; told again and again. */
  readonly onCramped: () => void;
  /** There is room to listen again; told again and again until it does. */
  readonly onRoom: () => void;
}

/** Files that must be free: a listener, what it takes to open one, and some connections. */
const room = 16;

/** Milliseconds between two looks. */
const pause = 500;

export class Hearing {
  readonly #system: Pick<System, "sockets" | "openFiles" | "clock">;
  readonly #events: HearingEvents;
  /** `null` while deaf. */
  #descriptors: readonly number[] | null = [];
  #due = 0;

  constructor(system: Pick<System, "sockets" | "openFiles" | "clock">, events: HearingEvents) {
    this.#system = system;
    this.#events = events;
  }

  /** The worker listens on these. */
  begin(descriptors: readonly number[]): void {
    this.#descriptors = descriptors;
  }

  /** It is meant to listen no more. */
  cease(): void {
    this.#descriptors = [];
  }

  /** To be called often. */
  look(): void {
    const { sockets, openFiles, clock } = this.#system;
    const now = clock.monotonic();
    if (now < this.#due) return;
    this.#due = now + pause;
    if (this.#descriptors === null) {
      return openFiles.hasRoomFor(room) ? this.#events.onRoom() : this.#events.onCramped();
    }
    if (this.#descriptors.every((descriptor) => sockets.isListening(descriptor))) return;
    this.#descriptors = null;
    this.#events.onDeaf(!openFiles.hasRoomFor(room));
  }
}
