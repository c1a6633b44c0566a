/** What happened of late, for the status, for those who follow it over the control socket or wait for an end. */

import { type LifecycleEvent, notableKinds } from "../core/lifecycle.ts";
import type { Clock } from "../system/system.ts";

/** How many events are kept for those who come later, or come back. */
export const keptEvents = 100;
/** How many decisions and deaths are, of which a busy day brings fewer than of the others. */
export const keptNotable = 50;

export type Told = Omit<LifecycleEvent, "id" | "at">;
type Listener = (event: LifecycleEvent) => void;

export class EventFeed {
  readonly #clock: Pick<Clock, "wall">;
  readonly #kept: LifecycleEvent[] = [];
  readonly #notable: LifecycleEvent[] = [];
  readonly #followers = new Set<Listener>();
  readonly #resting = new Set<() => void>();
  #last = 0;

  constructor(clock: Pick<Clock, "wall">) {
    this.#clock = clock;
  }

  tell(told: Told): void {
    const event = { id: ++this.#last, at: Math.round(this.#clock.wall()), ...told };
    keep(this.#kept, event, keptEvents);
    if (notableKinds.has(event.kind)) keep(this.#notable, event, keptNotable);
    for (const follower of this.#followers) follower(event);
  }

  /** The last decisions and deaths, the oldest first. */
  get notable(): readonly LifecycleEvent[] {
    return this.#notable;
  }

  /** Those kept that came after the one with `id`; all if it is from another master's count. */
  since(id: number): readonly LifecycleEvent[] {
    return id > this.#last ? [...this.#kept] : this.#kept.filter((event) => event.id > id);
  }

  /** Calls `follower` for every event until the returned function is called. */
  follow(follower: Listener): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Nothing is left to do: told again and again, as long as it is so. */
  rest(): void {
    for (const listener of this.#resting) listener();
  }

  onRest(listener: () => void): void {
    this.#resting.add(listener);
  }
}

function keep(events: LifecycleEvent[], event: LifecycleEvent, most: number): void {
  events.push(event);
  if (events.length > most) events.shift();
}
