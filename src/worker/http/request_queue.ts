/**
 * How many requests the app handles at once. With `limit-concurrency` a request counts until its handler has answered, so
 * that streams and WebSockets, which go on for as long as their clients like, do not take the places of others. With
 * `worker-class` sync it counts until its answer has been sent: an app may compute while it sends.
 */

import { wholeStatus } from "../../system/network/responses/response_body.ts";
import type { ExecutionContext, FetchHandler, RequestInfo } from "../../system/system.ts";
import { isResponse } from "./faults.ts";
import type { Places } from "./places.ts";
import type { Refuse } from "./refused_requests.ts";

type CountsUntil = "answered" | "sent";

export class RequestQueue {
  readonly #places: Places;
  readonly #countsUntil: CountsUntil;
  readonly #refuse: Refuse;

  constructor(places: Places, countsUntil: CountsUntil, refuse: Refuse) {
    this.#places = places;
    this.#countsUntil = countsUntil;
    this.#refuse = refuse;
  }

  /** `fetch`, called for no more requests at once than there are places. */
  limit(fetch: FetchHandler): FetchHandler {
    return (request, info, context) =>
      this.#places.enter()
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
      this.#leave(null, info);
      throw error;
    }
    if (isResponse(answer)) {
      this.#leave(answer, info);
      return answer;
    }
    return Promise.resolve(answer).then(
      (response) => {
        this.#leave(response, info);
        return response;
      },
      (error) => {
        this.#leave(null, info);
        throw error;
      },
    );
  }

  async #wait(
    fetch: FetchHandler,
    request: Request,
    info: RequestInfo,
    context: ExecutionContext | undefined,
  ): Promise<Response> {
    // First: an app that has replaced what a signal is made of fails here, and must not keep a place.
    const { signal } = request;
    const wait = this.#places.wait();
    if (wait === null) return this.#refuse(503);
    signal.addEventListener("abort", wait.left);
    if (signal.aborted) wait.left();
    const outcome = await wait.outcome;
    signal.removeEventListener("abort", wait.left);
    if (outcome === "turn") return await this.#run(fetch, request, info, context);
    return this.#refuse(outcome === "late" ? 503 : 499);
  }

  /** `answer`: what the app has answered, whatever that is; `null` if it threw. */
  #leave(answer: unknown, info: RequestInfo): void {
    const places = this.#places;
    if (this.#countsUntil === "answered") return places.leave();
    const isSentLater = isResponse(answer) && wholeStatus(answer) === 0;
    if (!isSentLater) return places.leaveWritten();
    const leave = () => places.leaveWritten();
    info.completed.then(leave, leave);
  }
}
