/**
 * Workers boot side by side but listen one after another: the order in which they do is the order the kernel
 * keeps, and a program that steers by it must know it.
 */

import type { Child } from "./child.ts";

export class ListeningTurns {
  readonly #waiting: Child[] = [];
  readonly #onTurn: (child: Child) => void;
  #current: Child | null = null;

  /** `onTurn` learns of each worker before it is told to listen. */
  constructor(onTurn: (child: Child) => void) {
    this.#onTurn = onTurn;
  }

  /** The worker has loaded its app and could listen now. */
  queue(child: Child): void {
    if (this.#current !== child && !this.#waiting.includes(child)) this.#waiting.push(child);
    this.#next();
  }

  /** The worker listens, or never will. */
  finish(child: Child): void {
    const place = this.#waiting.indexOf(child);
    if (place >= 0) this.#waiting.splice(place, 1);
    if (this.#current === child) this.#current = null;
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
