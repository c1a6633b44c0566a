/** Who waits until something holds, such as that nothing is in flight. */

interface Waiter {
  readonly isOver: () => boolean;
  readonly resolve: () => void;
}

export class Waiting {
  readonly #waiters: Waiter[] = [];

  get isEmpty(): boolean {
    return this.#waiters.length === 0;
  }

  /** Resolves at the first check at which `isOver` is true. */
  until(isOver: () => boolean): Promise<void> {
    if (isOver()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ isOver, resolve }));
  }

  check(): void {
    for (const waiter of this.#waiters.splice(0)) {
      if (waiter.isOver()) waiter.resolve();
      else this.#waiters.push(waiter);
    }
  }
}
