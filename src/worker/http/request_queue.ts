/**
 * How many requests the app handles at once: `limit-concurrency`. A request counts until its handler has answered, so that
 * streams and WebSockets, which go on for as long as their clients like, do not take the places of others.
 */

import { Concurrency } from "../../core/http/concurrency.ts";
import type { Clock, ExecutionContext, FetchHandler, RequestInfo } from "../../system/system.ts";
import { isResponse } from "./faults.ts";
import type { Refuse } from "./refused_requests.ts";

interface QueueLimits {
  readonly limitConcurrency: number;
  readonly queueSize: number;
  /** Milliseconds. */
  readonly queueTimeout: number;
}

/** Why a request waits no longer: it is its turn, it waited for too long, or nobody waits for its answer. */
type Outcome = "turn" | "late" | "left";
type Ticket = (outcome: Outcome) => void;

export class RequestQueue {
  readonly #concurrency: Concurrency<Ticket>;
  readonly #timeout: number;
  readonly #clock: Pick<Clock, "after">;
  readonly #refuse: Refuse;

  constructor(
    clock: Pick<Clock, "after">,
    { limitConcurrency, queueSize, queueTimeout }: QueueLimits,
    refuse: Refuse,
  ) {
    this.#refuse = refuse;
    this.#clock = clock;
    this.#timeout = queueTimeout;
    this.#concurrency = new Concurrency({ running: limitConcurrency, waiting: queueSize });
  }

  /** `fetch`, called for no more requests at once than the limit. */
  limit(fetch: FetchHandler): FetchHandler {
    return (request, info, context) =>
      this.#concurrency.enter()
        ? this.#run(fetch, request, info, context)
        : this.#wait(fetch, request, info, context);
  }

  #run(
    fetch: FetchHandler,
    request: Request,
    info: RequestInfo,
    context: ExecutionContext | undefined,
  ): Response | Promise<Response> {
    let answer;
    try {
      answer = fetch(request, info, context);
    } catch (error) {
      this.#leave();
      throw error;
    }
    if (isResponse(answer)) {
      this.#leave();
      return answer;
    }
    return Promise.resolve(answer).finally(() => this.#leave());
  }

  async #wait(
    fetch: FetchHandler,
    request: Request,
    info: RequestInfo,
    context: ExecutionContext | undefined,
  ): Promise<Response> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    if (!this.#concurrency.wait(resolve)) return this.#refuse(503);
    const { signal } = request;
    const stop = (outcome: Outcome) => {
      this.#concurrency.abandon(resolve);
      resolve(outcome);
    };
    const onAbort = () => stop("left");
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    const cancel = this.#clock.after(this.#timeout, () => stop("late"));
    const outcome = await promise;
    cancel();
    signal.removeEventListener("abort", onAbort);
    if (outcome === "turn") return await this.#run(fetch, request, info, context);
    return this.#refuse(outcome === "late" ? 503 : 499);
  }

  #leave(): void {
    this.#concurrency.leave()?.("turn");
  }
}
