/**
 * The requests to one of a master's own servers. After an upgrade the old master's server must not close while clients
 * are on their way to it, and it cannot see connections that have sent nothing yet: so it waits for a quiet moment.
 */

import type { Clock } from "../system/system.ts";

type Handler = (request: Request) => Response | Promise<Response>;

/** Milliseconds without a request after which no client is on its way: they send one right after they have connected. */
const quietTime = 250;

export class ClientRequests {
  readonly #clock: Pick<Clock, "monotonic">;
  #inFlight = 0;
  #changedAt: number;
  #isClosing = false;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
    this.#changedAt = clock.monotonic();
  }

  /** `handler`, counted. */
  count(handler: Handler): Handler {
    return async (request) => {
      this.#change(1);
      try {
        const response = await handler(request);
        if (this.#isClosing) response.headers.set("connection", "close");
        return response;
      } finally {
        this.#change(-1);
      }
    };
  }

  #change(by: number): void {
    this.#inFlight += by;
    this.#changedAt = this.#clock.monotonic();
  }

  /** From now on each response ends its connection: clients that keep theirs open connect again, to another master. */
  startClosing(): void {
    this.#isClosing = true;
    this.#changedAt = this.#clock.monotonic();
  }

  /** True when closing the server cuts off no request. */
  get isQuiet(): boolean {
    return this.#inFlight === 0 && this.#clock.monotonic() - this.#changedAt >= quietTime;
  }
}
