/**
 * How long the app may take to begin its answer: `request-timeout`. The client gets a 504 then, and `request.signal` aborts;
 * what has begun, such as a stream, is not cut. The handler cannot be stopped: until it ends, it counts as in flight, so that
 * a drain waits for it.
 */

import { attempt } from "../../core/thrown.ts";
import type { Clock, FetchHandler } from "../../system/system.ts";
import { isResponse } from "./faults.ts";
import type { Refuse } from "./refused_requests.ts";
import { RequestSignal } from "./request_signal.ts";
import type { Requests } from "./requests.ts";

interface Options {
  readonly clock: Clock;
  readonly requests: Pick<Requests, "hold" | "upgradeOf">;
  /** Milliseconds. */
  readonly timeout: number;
  readonly refuse: Refuse;
  readonly onLate: (request: Request) => void;
  /** Its handler has not ended when the time has passed once more; `null` where nothing waits for that. */
  readonly onStuck: ((request: Request) => void) | null;
  /** What a handler threw after its time, unless that is because its signal has aborted. */
  readonly onThrown: (request: Request, error: unknown) => void;
}

interface Pending {
  readonly request: Request;
  readonly signal: RequestSignal;
  /** Monotonic. */
  readonly deadline: number;
  readonly answer: (response: Response) => void;
  /** Set while it is too late, and its handler goes on. */
  release: (() => void) | null;
}

export class RequestTimeout {
  /** All have the same time, so the first one is due first, and one timer is enough. */
  readonly #pending = new Set<Pending>();
  #hasTimer = false;
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** `fetch`, with a 504 for what takes too long. */
  limit(fetch: FetchHandler): FetchHandler {
    return (request, info, context) => {
      const deadline = this.#options.clock.monotonic() + this.#options.timeout;
      const signal = new RequestSignal(request);
      const answer = fetch(request, info, context);
      return isResponse(answer)
        ? answer
        : new Promise((resolve, reject) =>
          this.#watch(answer, { request, signal, deadline, resolve, reject })
        );
    };
  }

  #watch(
    answer: Promise<Response>,
    { request, signal, deadline, resolve, reject }: Pick<Pending, "request" | "signal" | "deadline"> & {
      readonly resolve: (response: Response) => void;
      readonly reject: (error: unknown) => void;
    },
  ): void {
    const pending: Pending = { request, signal, deadline, answer: resolve, release: null };
    this.#pending.add(pending);
    if (!this.#hasTimer) this.#startTimer(deadline);
    Promise.resolve(answer).then(
      (response) => {
        if (this.#pending.delete(pending)) resolve(response);
        else {
          release(pending);
          discard(response);
        }
      },
      (error) => {
        if (this.#pending.delete(pending)) reject(error);
        else {
          release(pending);
          if (!isAbort(error, signal)) this.#options.onThrown(request, error);
        }
      },
    );
  }

  #startTimer(deadline: number): void {
    this.#hasTimer = true;
    this.#options.clock.after(Math.max(0, deadline - this.#options.clock.monotonic()), () => this.#expire());
  }

  #expire(): void {
    this.#hasTimer = false;
    const now = this.#options.clock.monotonic();
    for (const pending of this.#pending) {
      // Timers are exact to the millisecond only.
      if (pending.deadline > now + 1) return this.#startTimer(pending.deadline);
      this.#end(pending);
    }
  }

  #end(pending: Pending): void {
    const { request, signal, answer } = pending;
    // Its answer is that of its WebSocket, and the client has got that.
    if (this.#options.requests.upgradeOf(request) !== undefined) return;
    this.#pending.delete(pending);
    // Its connection is free: the client has its answer.
    pending.release = this.#options.requests.hold(false, 0);
    this.#options.onLate(request);
    answer(this.#options.refuse(504));
    signal.abort(new DOMException("The request took longer than request-timeout.", "TimeoutError"));
    const { clock, timeout, onStuck } = this.#options;
    if (onStuck === null) return;
    clock.after(timeout, () => {
      if (pending.release !== null) onStuck(request);
    });
  }
}

function release(pending: Pending): void {
  pending.release?.();
  pending.release = null;
}

/** What a client would have read is not made. */
function discard(answer: unknown): void {
  if (!isResponse(answer)) return;
  // A body may be locked, and an object may only look like a response.
  void attempt(() => answer.body?.cancel(), undefined)?.catch(() => {});
}

function isAbort(error: unknown, { reason }: RequestSignal): boolean {
  return error === reason || (error instanceof Error && error.name === "AbortError");
}
