/** The last events of the server: for the status, for clients that follow them, and for commands that wait. */

import { importantKinds, type LifecycleEvent } from "../../core/telemetry/lifecycle.ts";
import { transitionAfter, type TransitionStatus } from "../../core/telemetry/transition_status.ts";
import type { WorkerRole } from "../../protocol/messages.ts";
import type { Clock } from "../../system/system.ts";

/** How many events are retained for clients that connect later, or reconnect. */
export const retainedEvents = 100;
/** How many important events are retained: they are rarer than the others, and of interest for longer. */
export const retainedImportant = 50;

type NewEvent = Omit<LifecycleEvent, "id" | "at">;
type Listener = (event: LifecycleEvent) => void;

export class EventLog {
  readonly #clock: Pick<Clock, "wall">;
  readonly #retained: LifecycleEvent[] = [];
  readonly #important: LifecycleEvent[] = [];
  readonly #followers = new Set<Listener>();
  readonly #idleListeners = new Set<() => void>();
  /** By the slot of the worker. */
  readonly #deaths = { requests: new Map<number, number>(), tasks: new Map<number, number>() };
  #transition: TransitionStatus | null = null;
  #lastId = 0;

  constructor(clock: Pick<Clock, "wall">) {
    this.#clock = clock;
  }

  emit(newEvent: NewEvent): void {
    const event = { id: ++this.#lastId, at: Math.round(this.#clock.wall()), ...newEvent };
    retain(this.#retained, event, retainedEvents);
    if (importantKinds.has(event.kind)) retain(this.#important, event, retainedImportant);
    this.#transition = transitionAfter(this.#transition, event);
    if (event.kind === "worker-died") countIn(this.#deaths.requests, event.worker);
    if (event.kind === "task-worker-died") countIn(this.#deaths.tasks, event.taskWorker);
    for (const follower of this.#followers) follower(event);
  }

  /** The last decisions and deaths, the oldest first. */
  get important(): readonly LifecycleEvent[] {
    return this.#important;
  }

  /** The last reload or upgrade. */
  get transition(): TransitionStatus | null {
    return this.#transition;
  }

  /** How many workers with this number have died. */
  deathsOf(role: WorkerRole, number: number): number {
    return this.#deaths[role].get(number) ?? 0;
  }

  /** The retained events after the one with `id`; all of them if `id` was given out by another master. */
  since(id: number): readonly LifecycleEvent[] {
    return id > this.#lastId ? [...this.#retained] : this.#retained.filter((event) => event.id > id);
  }

  /** Calls `follower` for every event until the returned function is called. */
  follow(follower: Listener): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Resolves when all workers of the start are ready. */
  onceComplete(): Promise<void> {
    return new Promise((resolve) => {
      const forget = this.follow(({ kind }) => {
        // A reload may come before all are ready.
        if (kind !== "complete" && kind !== "reload-complete") return;
        forget();
        resolve();
      });
    });
  }

  /** Call it after every event if the pool matches the target and no reload is in progress. */
  notifyIdle(): void {
    for (const listener of this.#idleListeners) listener();
  }

  onIdle(listener: () => void): void {
    this.#idleListeners.add(listener);
  }
}

function retain(events: LifecycleEvent[], event: LifecycleEvent, limit: number): void {
  events.push(event);
  if (events.length > limit) events.shift();
}

function countIn(counts: Map<number, number>, number: number | undefined): void {
  if (number !== undefined) counts.set(number, (counts.get(number) ?? 0) + 1);
}
