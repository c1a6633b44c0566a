/**
 * The places of requests that run at once, and how others wait for one: for a time, and only while their clients do.
 */

import { Concurrency } from "../../core/http/concurrency.ts";
import type { Clock } from "../../system/system.ts";

interface PlaceLimits {
  /** How many run at once. */
  readonly running: number;
  readonly queueSize: number;
  /** Milliseconds. */
  readonly queueTimeout: number;
}

/** Why a request waits no longer: it is its turn, it waited for too long, or nobody waits for its answer. */
type Outcome = "turn" | "late" | "left";
type Ticket = (outcome: Outcome) => void;

interface Wait {
  readonly outcome: Promise<Outcome>;
  /** Its client has left. */
  left(): void;
}

export class Places {
  readonly #concurrency: Concurrency<Ticket>;
  readonly #timeout: number;
  readonly #clock: Pick<Clock, "after" | "afterTurn">;

  constructor(
    clock: Pick<Clock, "after" | "afterTurn">,
    { running, queueSize, queueTimeout }: PlaceLimits,
  ) {
    this.#clock = clock;
    this.#timeout = queueTimeout;
    this.#concurrency = new Concurrency({ running, waiting: queueSize });
  }

  /** Whether a request that comes now runs at once; it must `leave`. */
  enter(): boolean {
    return this.#concurrency.enter();
  }

  /** A request that does not run at once waits; with the outcome `turn` it must `leave`. `null` if the queue is full. */
  wait(): Wait | null {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    if (!this.#concurrency.wait(resolve)) return null;
    const stop = (outcome: Outcome) => {
      this.#concurrency.abandon(resolve);
      resolve(outcome);
    };
    const cancel = this.#clock.after(this.#timeout, () => stop("late"));
    return {
      outcome: promise.then((outcome) => {
        cancel();
        return outcome;
      }),
      left: () => stop("left"),
    };
  }

  leave(): void {
    this.#concurrency.leave()?.("turn");
  }

  /** Leaves when the runtime has written what it got until now: the next one may block the event loop for long. */
  leaveWritten(): void {
    this.#clock.afterTurn(() => this.leave());
  }
}
