/**
 * Which requests run at once, which wait for their turn, and which are refused. Those that wait run in the order in which
 * they came.
 */

interface ConcurrencyLimits {
  /** How many run at once, at least 1. */
  readonly running: number;
  /** How many may wait. */
  readonly waiting: number;
}

export class Concurrency<Ticket> {
  #running = 0;
  readonly #waiting = new Set<Ticket>();
  readonly #limits: ConcurrencyLimits;

  constructor(limits: ConcurrencyLimits) {
    this.#limits = limits;
  }

  /** Whether a request that comes now runs at once; it must `leave`. Nothing waits while there is room. */
  enter(): boolean {
    if (this.#running >= this.#limits.running) return false;
    this.#running++;
    return true;
  }

  /** Whether a request that does not run at once may wait: `leave` returns its ticket when it is its turn. */
  wait(ticket: Ticket): boolean {
    if (this.#waiting.size >= this.#limits.waiting) return false;
    this.#waiting.add(ticket);
    return true;
  }

  /** A request has run. The ticket that is returned has its place and must `leave`, too; `null` if none waits. */
  leave(): Ticket | null {
    for (const ticket of this.#waiting) {
      this.#waiting.delete(ticket);
      return ticket;
    }
    this.#running--;
    return null;
  }

  /** It waits no longer. Does nothing if it was its turn. */
  abandon(ticket: Ticket): void {
    this.#waiting.delete(ticket);
  }
}
