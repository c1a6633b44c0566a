/**
 * Workers boot side by side but listen one after another: the order in which they do is the order the kernel
 * keeps, and a program that steers by it must know it.
 */

import type { WorkerHandle } from "../workers/worker_handle.ts";

export class ListenOrder {
  readonly #waiting: WorkerHandle[] = [];
  readonly #onTurn: (worker: WorkerHandle) => void;
  #current: WorkerHandle | null = null;

  /** `onTurn` learns of each worker before it is told to listen. */
  constructor(onTurn: (worker: WorkerHandle) => void) {
    this.#onTurn = onTurn;
  }

  /** The worker has loaded its app and could listen now. */
  queue(worker: WorkerHandle): void {
    if (this.#current !== worker && !this.#waiting.includes(worker)) this.#waiting.push(worker);
    this.#next();
  }

  /** The worker listens, or never will. */
  finish(worker: WorkerHandle): void {
    const place = this.#waiting.indexOf(worker);
    if (place >= 0) this.#waiting.splice(place, 1);
    if (this.#current === worker) this.#current = null;
    this.#next();
  }

  #next(): void {
    if (this.#current !== null) return;
    this.#current = this.#waiting.shift() ?? null;
    if (this.#current === null) return;
    this.#onTurn(this.#current);
    this.#current.send({ type: "listen" });
  }
}
