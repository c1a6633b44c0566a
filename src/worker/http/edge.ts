/**
 * What a worker does for a request besides calling the app. Each part is only there if its setting asks for it, so that
 * what is not used costs nothing.
 */

import { forwardedClient } from "../../core/http/forwarded.ts";
import { inRanges } from "../../core/http/ip_ranges.ts";
import type { WorkerConfig } from "../../protocol/messages.ts";
import type { Clock, FetchHandler } from "../../system/system.ts";
import { follow, type ProxyRule } from "../../system/network/requests/forwarded_requests.ts";
import { Admission } from "./admission.ts";
import { afterRequest } from "./early_answers.ts";
import { limitBody } from "./body_limit.ts";
import { limitHead } from "./head_limits.ts";
import { Places } from "./places.ts";
import { RequestQueue } from "./request_queue.ts";
import { refusing } from "./refused_requests.ts";
import { RequestTimeout } from "./request_timeout.ts";
import type { Answers } from "./answers.ts";
import type { Requests } from "./requests.ts";
import type { PageRefresh } from "./page_refresh.ts";
import type { StaticFiles } from "./static_files.ts";

interface EdgeLog {
  /** It was not answered in `timeout` milliseconds. */
  late(request: Request, timeout: number): void;
  /** Its handler goes on after that, and with `worker-class` sync keeps others from the worker. */
  stuck(request: Request, timeout: number): void;
  /** What its handler threw after that. */
  lateFault(request: Request, error: unknown): void;
}

export class HttpEdge {
  readonly #requests: Requests;
  readonly #answers: Answers;
  readonly #clock: Clock;
  readonly #config: WorkerConfig;
  readonly #log: EdgeLog;
  readonly #files: StaticFiles | null;
  readonly #refresh: PageRefresh | null;
  readonly #onStuck: () => void;
  /** With `worker-class` sync: the one place that all apps of this worker share. */
  readonly turns: Places | null;

  constructor(
    { requests, answers, clock, config, log, files, refresh, onStuck }: {
      readonly requests: Requests;
      readonly answers: Answers;
      readonly clock: Clock;
      readonly config: WorkerConfig;
      readonly log: EdgeLog;
      readonly files: StaticFiles | null;
      readonly refresh: PageRefresh | null;
      /** The worker can serve nothing more. */
      readonly onStuck: () => void;
    },
  ) {
    this.#requests = requests;
    this.#answers = answers;
    this.#clock = clock;
    this.#config = config;
    this.#log = log;
    this.#files = files;
    this.#refresh = refresh;
    this.#onStuck = onStuck;
    this.turns = config.workerClass === "sync" ? new Places(clock, { ...config, running: 1 }) : null;
  }

  /**
   * `app` with its requests counted, and what stands around it. Once for each app: its addresses share the queue. What
   * answers at once needs no `turns`.
   */
  counted(app: FetchHandler, turns: Places | null = this.turns): FetchHandler {
    return this.#answers.count(this.#around(app, turns));
  }

  /**
   * The handler that the runtime calls with each request of an address. What comes before a request is counted: whether
   * it is one, who sent it, and what it asks for.
   */
  admitting(counted: FetchHandler, isEncrypted: boolean): FetchHandler {
    const admission = new Admission(isEncrypted ? "https://" : "http://");
    const { forwardedAllowIps } = this.#config;
    const isTrusted = inRanges(forwardedAllowIps);
    const rule: ProxyRule = {
      trustsNobody: forwardedAllowIps.length === 0,
      isTrusted: (peer) => peer === null || isTrusted(peer),
      clientOf: (headers) => forwardedClient(headers, isTrusted),
    };
    let isFirst = true;
    const admitted: FetchHandler = (request, info) => {
      if (isFirst) {
        isFirst = false;
        follow(rule, request);
      }
      const refusal = admission.check(request);
      return refusal === null ? counted(request, info) : this.#answers.refuse(request, info, refusal);
    };
    // Not counted: it lasts as long as the page is open.
    return this.#refresh === null ? admitted : this.#refresh.before(admitted);
  }

  /** What answers in place of the app, limits it, or changes its answers: all of that is counted like an answer of the app. */
  #around(app: FetchHandler, turns: Places | null): FetchHandler {
    const limited = afterRequest(this.#limited(app, turns), this.#clock);
    const answering = this.#files === null ? limited : this.#files.before(limited);
    return this.#refresh === null ? answering : this.#refresh.around(answering);
  }

  /** The time of a request includes its time in the queue, and a handler that takes too long keeps its place in it. */
  #limited(app: FetchHandler, turns: Places | null): FetchHandler {
    const { requestTimeout, limitRequestBody, limitRequestLine, limitRequestFields, limitConcurrency } =
      this.#config;
    const refuse = refusing((kind) => this.#requests.failed(kind));
    let handler = app;
    if (turns !== null) handler = new RequestQueue(turns, "sent", refuse).limit(handler);
    if (limitConcurrency > 0) {
      const places = new Places(this.#clock, { ...this.#config, running: limitConcurrency });
      handler = new RequestQueue(places, "answered", refuse).limit(handler);
    }
    if (requestTimeout > 0) {
      handler = new RequestTimeout({
        clock: this.#clock,
        requests: this.#requests,
        timeout: requestTimeout,
        refuse,
        onLate: (request) => this.#log.late(request, requestTimeout),
        onStuck: turns === null ? null : (request) => {
          this.#log.stuck(request, requestTimeout);
          this.#onStuck();
        },
        onThrown: (request, error) => this.#log.lateFault(request, error),
      }).limit(handler);
    }
    if (limitRequestBody > 0) handler = limitBody(handler, limitRequestBody, refuse);
    if (limitRequestLine > 0 || limitRequestFields > 0) handler = limitHead(handler, this.#config, refuse);
    return handler;
  }
}
