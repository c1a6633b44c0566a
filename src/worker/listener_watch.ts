/**
 * Sees that the worker's listening sockets are still there. When accepting fails once, for want of a file it may
 * open (EMFILE), the runtime closes the listener and accepts no more; Deno 2.7 tells nobody until the last
 * connection has ended. The worker is deaf then, and goes on with the connections it has. When there is room
 * again, it asks for its turn to listen.
 */

import type { System } from "../system/system.ts";

export interface ListenerWatchEvents {
  readonly onListenerLost: (isFull: boolean) => void;
  /** Deaf, and no room to listen again; told again and again. */
  readonly onOutOfDescriptors: () => void;
  /** There is room to listen again; told again and again until it does. */
  readonly onDescriptorsAvailable: () => void;
}

/** Files that must be free: a listener, what it takes to open one, and some connections. */
const freeDescriptors = 16;

/** Milliseconds between two looks. */
const pause = 500;

export class ListenerWatch {
  readonly #system: Pick<System, "sockets" | "openFiles" | "clock">;
  readonly #events: ListenerWatchEvents;
  /** `null` while deaf. */
  #descriptors: readonly number[] | null = [];
  #due = 0;

  constructor(system: Pick<System, "sockets" | "openFiles" | "clock">, events: ListenerWatchEvents) {
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
  poll(): void {
    const { sockets, openFiles, clock } = this.#system;
    const now = clock.monotonic();
    if (now < this.#due) return;
    this.#due = now + pause;
    if (this.#descriptors === null) {
      return openFiles.hasAvailable(freeDescriptors)
        ? this.#events.onDescriptorsAvailable()
        : this.#events.onOutOfDescriptors();
    }
    if (this.#descriptors.every((descriptor) => sockets.isListening(descriptor))) return;
    this.#descriptors = null;
    this.#events.onListenerLost(!openFiles.hasAvailable(freeDescriptors));
  }
}
