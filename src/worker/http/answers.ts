/**
 * The hot path: what Denicorn does with a request of `fetch` and its answer. The app's answer is sent as it is, unless it
 * cannot be, the client is at fault, or the connection must end.
 */

import { errorIn } from "../../core/thrown.ts";
import {
  callsAllSent,
  checkChunks,
  endStream,
  failureOf,
  wasCutOff,
  wasTaken,
  wholeStatus,
} from "../../system/network/responses/response_body.ts";
import { wasAnswered } from "../../system/network/requests/client_signal.ts";
import type { ExecutionContext, FetchHandler, RequestInfo } from "../../system/system.ts";
import type { Refusal } from "./admission.ts";
import type { BodyFailures } from "./body_failures.ts";
import type { ClientFault } from "./client_faults.ts";
import { ConnectionEnd } from "./connection_end.ts";
import {
  appThrew,
  type Fault,
  faultOf,
  headersOf,
  internalServerError,
  isResponse,
  statusOf,
} from "./faults.ts";
import type { InFlightRequest } from "./in_flight_requests.ts";
import { answerTo } from "./refused_requests.ts";
import type { Requests } from "./requests.ts";

interface Options {
  /** The app did not answer with a response that can be sent; the client gets a 500. */
  readonly onFault: (entry: InFlightRequest, fault: Fault) => void;
  readonly bodyFailures?: Pick<BodyFailures, "areReported" | "ended">;
  /** A response ends its connection, and the runtime does not. Called with the port of the client, 0 if it is unknown. */
  readonly onAnnouncedEnd?: (peerPort: number) => void;
  /** Whether the runtime may compress responses. */
  readonly isCompressing?: boolean;
  /** Given to the app with each request. */
  readonly context?: ExecutionContext;
}

/** RFC 6455, 7.4.1: the server met a condition that it did not expect. */
export const unexpectedCondition = 1011;

export class Answers {
  readonly #requests: Requests;
  readonly #onFault: Options["onFault"];
  readonly #bodyFailures: Options["bodyFailures"];
  readonly #connectionEnd: ConnectionEnd;
  readonly #context: ExecutionContext | undefined;

  constructor(
    requests: Requests,
    { onFault, bodyFailures, onAnnouncedEnd, isCompressing = false, context }: Options,
  ) {
    this.#requests = requests;
    this.#onFault = onFault;
    this.#bodyFailures = bodyFailures;
    this.#connectionEnd = new ConnectionEnd(onAnnouncedEnd, isCompressing);
    this.#context = context;
  }

  /** `fetch` with its requests counted. Always answers with a response that can be sent. */
  count(fetch: FetchHandler): FetchHandler {
    const requests = this.#requests;
    return (request, info) => {
      const entry = requests.begin(request, info);
      const held = entry.isHttp2 ? requests.heldBack(entry) : null;
      if (held === null) return this.#answer(fetch, entry, info);
      return held.then(() => {
        requests.goOn(entry);
        return this.#answer(fetch, entry, info);
      });
    };
  }

  /** Answers in place of the app, which never sees the request, and ends the connection: more of it may not be one. */
  refuse(request: Request, info: RequestInfo, { status, text, target }: Refusal): Response {
    const entry = this.#requests.begin(request, info, { method: request.method, url: target });
    this.#requests.leave(entry);
    return this.#blame(entry, info, { status, text });
  }

  /** Ends the responses that are server-sent events, as if the app had: their clients connect again by themselves. */
  endEventStreams(): void {
    for (const { response } of this.#requests.entries) {
      const type = response === null ? null : headersOf(response).get("content-type");
      if (type?.startsWith("text/event-stream")) endStream(response!);
    }
  }

  #answer(fetch: FetchHandler, entry: InFlightRequest, info: RequestInfo): Response | Promise<Response> {
    let answer;
    try {
      answer = this.#call(fetch, entry, info);
    } catch (error) {
      this.#requests.track(entry);
      return this.#fail(entry, info, appThrew(error));
    }
    const requests = this.#requests;
    // What ends its connection may become a stream, which ends later.
    const mayBeWhole = !requests.hasUpgrades && !requests.endsConnections;
    const status = mayBeWhole ? wholeStatus(answer) : 0;
    if (status !== 0 && status < 500) {
      entry.status = status;
      const response = this.#connectionEnd.of(entry, answer as Response, false);
      requests.finish(entry, null, response);
      return response;
    }
    requests.track(entry);
    if (isResponse(answer)) return this.#accept(entry, info, answer);
    return Promise.resolve(answer).then(
      (response) => this.#accept(entry, info, response),
      (error) => this.#fail(entry, info, appThrew(error)),
    );
  }

  #call(fetch: FetchHandler, entry: InFlightRequest, info: RequestInfo): Response | Promise<Response> {
    const requests = this.#requests;
    requests.started(entry);
    try {
      return fetch(entry.request as Request, info, this.#context);
    } finally {
      requests.returned();
    }
  }

  #accept(entry: InFlightRequest, info: RequestInfo, answer: Response): Response {
    const fault = faultOf(answer);
    if (fault !== null) return this.#fail(entry, info, fault);
    const upgrade = this.#requests.upgradeOf(entry.request);
    if (upgrade !== undefined && upgrade.response !== answer) {
      return this.#fail(entry, info, {
        text: "the app answered another Response than that of Deno.upgradeWebSocket()",
      });
    }
    if (upgrade !== undefined) return answer;
    entry.status = statusOf(answer);
    const clientFault = entry.status < 500 ? null : this.#requests.clientFaults.of(entry.request);
    if (clientFault !== null) return this.#blame(entry, info, clientFault);
    return this.#send(entry, info, answer);
  }

  /**
   * The runtime reports a body that is whole as sent when it takes the response, so that need not be waited for. What
   * waits for `info.completed` stays in memory: with it a worker of the binary had 61 MB of its own after load, and 44
   * without.
   */
  #send(entry: InFlightRequest, info: RequestInfo, answer: Response): Response {
    const response = this.#connectionEnd.of(entry, answer, this.#requests.endsConnections);
    if (wholeStatus(response) !== 0) {
      this.#requests.finish(entry, null, response);
    } else {
      const count = checkChunks(response, this.#requests.access?.needs.size === true);
      entry.response = response;
      const signal = callsAllSent && "signal" in entry.request ? (entry.request as Request).signal : null;
      const end = (broken?: unknown) => {
        const failure = failureOf(response);
        // What an app has fetched fails in this way when the client has left.
        const isFault = failure !== null && errorIn(failure.value)?.name !== "AbortError";
        // The runtime cancels a stream that has a Content-Length after so many bytes; that is no client that left.
        const isWhole = wasTaken(response);
        if (isWhole && "headers" in entry.request) wasAnswered(entry.request as Request);
        const hasLeft = !isWhole &&
          (broken !== undefined || signal?.aborted === true || (callsAllSent && wasCutOff(response)));
        this.#requests.finish(entry, isFault ? "app" : hasLeft ? "client" : null, response, count);
        if (failure !== null) this.#bodyFailures?.ended(entry, failure.value);
      };
      info.completed.then(end, end);
    }
    return response;
  }

  #fail(entry: InFlightRequest, info: RequestInfo, fault: Fault): Response {
    const clientFault = this.#requests.clientFaults.of(entry.request);
    // An app that waits for a body which does not come is not at fault.
    if (!entry.hasTimedOut && clientFault === null) {
      this.#requests.failed("fault");
      this.#onFault(entry, fault);
    }
    const upgrade = this.#requests.upgradeOf(entry.request);
    if (upgrade !== undefined) {
      // The client has got the 101 already.
      upgrade.close(unexpectedCondition, "Internal Server Error");
      return upgrade.response;
    }
    if (clientFault !== null) return this.#blame(entry, info, clientFault);
    entry.status = 500;
    return this.#send(entry, info, internalServerError());
  }

  #blame(entry: InFlightRequest, info: RequestInfo, fault: ClientFault): Response {
    entry.status = fault.status;
    this.#requests.failed("invalid");
    return this.#send(entry, info, answerTo(fault));
  }
}
