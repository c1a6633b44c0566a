/** Calls the hooks for requests around the app. Without promises of theirs it makes none, and starts no timer. */

import type { DenicornError } from "../../core/errors.ts";
import { attempt } from "../../core/thrown.ts";
import type { HookAnswer, HookWorker } from "../../settings/config_hooks.ts";
import type { Clock, ExecutionContext, FetchHandler, RequestInfo } from "../../system/system.ts";
import { internalServerError, isBodyTaken, isResponse, statusOf } from "./faults.ts";

type Hook = (...args: readonly unknown[]) => unknown;
type RequestHookName = "preRequest" | "postRequest";
type Answer = Response | Promise<Response>;

interface RequestHooksOptions {
  readonly clock: Clock;
  readonly worker: HookWorker;
  readonly before: Hook | null;
  readonly after: Hook | null;
  readonly failure: (name: RequestHookName, thrown: unknown) => DenicornError;
  /** Resolves when the promise of a hook has settled or is late, with what went wrong or `null`. */
  readonly settled: (name: RequestHookName, promise: PromiseLike<unknown>) => Promise<DenicornError | null>;
  /** The worker does not end before the promise has settled. */
  readonly waitUntil: (promise: Promise<unknown>) => void;
  /** The client gets a 500, and the app does not get the request. */
  readonly onRefused: (request: Request, error: DenicornError) => void;
  readonly onFailed: (request: Request, error: DenicornError) => void;
}

export class RequestHooks {
  readonly #options: RequestHooksOptions;

  constructor(options: RequestHooksOptions) {
    this.#options = options;
  }

  around(app: FetchHandler): FetchHandler {
    const { before, after } = this.#options;
    const answered = after === null ? app : this.#answered(app, after);
    return before === null ? answered : this.#admitted(answered, before);
  }

  #admitted(app: FetchHandler, before: Hook): FetchHandler {
    const { worker, failure } = this.#options;
    return (request, info, context) => {
      let result: unknown;
      try {
        result = before(worker, request, info);
      } catch (error) {
        return this.#refuse(request, failure("preRequest", error));
      }
      return isPromise(result)
        ? this.#later(app, request, info, context, result)
        : app(request, info, context);
    };
  }

  async #later(
    app: FetchHandler,
    request: Request,
    info: RequestInfo,
    context: ExecutionContext | undefined,
    result: PromiseLike<unknown>,
  ): Promise<Response> {
    const error = await this.#options.settled("preRequest", result);
    return error === null ? app(request, info, context) : this.#refuse(request, error);
  }

  #refuse(request: Request, error: DenicornError): Response {
    this.#options.onRefused(request, error);
    return internalServerError();
  }

  #answered(app: FetchHandler, after: Hook): FetchHandler {
    const { clock } = this.#options;
    return (request, info, context) => {
      const start = clock.monotonic();
      const tell = (response: unknown) =>
        this.#tell(after, request, info, response, clock.monotonic() - start);
      let answer: Answer;
      try {
        answer = app(request, info, context);
      } catch (error) {
        tell(null);
        throw error;
      }
      if (isResponse(answer)) {
        tell(answer);
        return answer;
      }
      return Promise.resolve(answer).then(
        (response) => {
          tell(response);
          return response;
        },
        (error) => {
          tell(null);
          throw error;
        },
      );
    };
  }

  /** `response` is what the app has answered, `null` if it threw. What is none is an error of the app. */
  #tell(after: Hook, request: Request, info: RequestInfo, response: unknown, ms: number): void {
    const { worker, failure, settled, waitUntil, onFailed } = this.#options;
    // What only looks like a response has no status.
    const status = isResponse(response) ? attempt(() => statusOf(response), null) : null;
    const answer: HookAnswer = status === null
      ? { response: null, status: 500, ms }
      : { response: response as Response, status, ms };
    const taken = answer.response !== null && isBodyTaken(answer.response);
    try {
      const result = after(worker, request, info, answer);
      if (!taken && answer.response !== null && isBodyTaken(answer.response)) {
        onFailed(
          request,
          failure("postRequest", new TypeError("the body of the response is not for hooks to read")),
        );
      }
      if (!isPromise(result)) return;
      const end = settled("postRequest", result);
      waitUntil(end.then((error) => void (error !== null && onFailed(request, error))));
    } catch (error) {
      onFailed(request, failure("postRequest", error));
    }
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
