/** What happened of late, for the status, for those who follow it over the control socket or wait for an end. */

import { importantKinds, type LifecycleEvent } from "../../core/telemetry/lifecycle.ts";
import type { Clock } from "../../system/system.ts";

/** How many events are kept for those who come later, or come back. */
export const retainedEvents = 100;
/** How many decisions and deaths are, of which a busy day brings fewer than of the others. */
export const retainedImportant = 50;

export type NewEvent = Omit<LifecycleEvent, "id" | "at">;
type Listener = (event: LifecycleEvent) => void;

export class EventLog {
  readonly #clock: Pick<Clock, "wall">;
  readonly #retained: LifecycleEvent[] = [];
  readonly #important: LifecycleEvent[] = [];
  readonly #followers = new Set<Listener>();
  readonly #idleListeners = new Set<() => void>();
  #last = 0;

  constructor(clock: Pick<Clock, "wall">) {
    this.#clock = clock;
  }

  emit(added: NewEvent): void {
    const event = { id: ++this.#last, at: Math.round(this.#clock.wall()), ...added };
    retain(this.#retained, event, retainedEvents);
    if (importantKinds.has(event.kind)) retain(this.#important, event, retainedImportant);
    for (const follower of this.#followers) follower(event);
  }

  /** The last decisions and deaths, the oldest first. */
  get important(): readonly LifecycleEvent[] {
    return this.#important;
  }

  /** Those kept that came after the one with `id`; all if it is from another master's count. */
  since(id: number): readonly LifecycleEvent[] {
    return id > this.#last ? [...this.#retained] : this.#retained.filter((event) => event.id > id);
  }

  /** Calls `follower` for every event until the returned function is called. */
  follow(follower: Listener): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Nothing is left to do: told again and again, as long as it is so. */
  notifyIdle(): void {
    for (const listener of this.#idleListeners) listener();
  }

  onIdle(listener: () => void): void {
    this.#idleListeners.add(listener);
  }
}

function retain(events: LifecycleEvent[], event: LifecycleEvent, most: number): void {
  events.push(event);
  if (events.length > most) events.shift();
}
