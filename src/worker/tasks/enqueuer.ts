/** Adds tasks to the store, those of one turn together, and says so to those who wait for some. */

import type { Clock } from "../../system/system.ts";
import type { NewTask, TaskStore } from "../../tasks/task_store.ts";

interface EnqueuerOptions {
  readonly clock: Clock;
  readonly store: () => Promise<Pick<TaskStore, "add" | "wakesConsumers">>;
  /** There are new tasks. Called at most 200 times a second. */
  readonly onAdded: () => void;
}

/** Milliseconds between two messages about new tasks: one that comes alone is not delayed. */
const messageInterval = 5;

/**
 * Milliseconds until the message where consumers hear of tasks by themselves: it only counts what waits then. At once, it
 * would take the processors from what adds and runs the task: the master and all workers with tasks would ask the store.
 */
const countingDelay = 50;

interface Group {
  readonly tasks: NewTask[];
  readonly ids: Promise<readonly string[]>;
}

export class Enqueuer {
  readonly #options: EnqueuerOptions;
  /** By the time that they can wait. */
  readonly #groups = new Map<number, Group>();
  #saidAt = -Infinity;
  #willSay = false;

  constructor(options: EnqueuerOptions) {
    this.#options = options;
  }

  /** Resolves with its id when it is stored. Rejects with `TaskStoreError`. */
  async add(task: NewTask, patience: number): Promise<string> {
    const group = this.#groups.get(patience) ?? this.#begin(patience);
    const place = group.tasks.push(task) - 1;
    const ids = await group.ids;
    return ids[place]!;
  }

  #begin(patience: number): Group {
    const tasks: NewTask[] = [];
    const ids = this.#add(tasks, patience);
    const group = { tasks, ids };
    this.#groups.set(patience, group);
    return group;
  }

  async #add(tasks: readonly NewTask[], patience: number): Promise<readonly string[]> {
    let store;
    try {
      store = await this.#options.store();
      // What this turn of the loop adds is there now.
    } finally {
      this.#groups.delete(patience);
    }
    const ids = await store.add(tasks, patience);
    this.#say(store.wakesConsumers ? countingDelay : 0);
    return ids;
  }

  #say(delay: number): void {
    if (this.#willSay) return;
    const { clock, onAdded } = this.#options;
    const wait = Math.max(delay, this.#saidAt + messageInterval - clock.monotonic());
    const say = () => {
      this.#willSay = false;
      this.#saidAt = clock.monotonic();
      onAdded();
    };
    if (wait <= 0) return say();
    this.#willSay = true;
    clock.after(wait, say);
  }
}
