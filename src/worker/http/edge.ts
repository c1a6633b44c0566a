/**
 * What a worker does for a request besides calling the app. Each part is only there if its setting asks for it, so that
 * what is not used costs nothing.
 */

import type { FetchHandler } from "../../system/system.ts";
import { Admission } from "./admission.ts";
import type { Requests } from "./requests.ts";

export class HttpEdge {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** The handler that the runtime calls with each request. */
  handlerFor(app: FetchHandler): FetchHandler {
    return this.#admit(this.#requests.count(this.#around(app)));
  }

  /** What comes before a request is counted: whether it is one, who sent it, and what it asks for. */
  #admit(counted: FetchHandler): FetchHandler {
    const admission = new Admission("http://");
    return (request, info) => {
      const refusal = admission.check(request);
      return refusal === null ? counted(request, info) : this.#requests.refuse(request, info, refusal);
    };
  }

  /** What answers in place of the app, limits it, or changes its answers: all of that is counted like an answer of the app. */
  #around(app: FetchHandler): FetchHandler {
    return app;
  }
}
