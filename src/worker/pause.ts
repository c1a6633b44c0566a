/** Why this worker wants no new connections for now; its master then steers them to other workers. */

import type { FromWorker, PauseReason } from "../protocol/messages.ts";

export class Pause {
  readonly #send: (message: FromWorker) => void;
  readonly #reasons = new Set<PauseReason>();
  #told: PauseReason | null = null;

  constructor(send: (message: FromWorker) => void) {
    this.#send = send;
  }

  /** `isPaused`: from now on there is this reason; otherwise there no longer is. */
  set(reason: PauseReason, isPaused: boolean): void {
    if (isPaused) this.#reasons.add(reason);
    else this.#reasons.delete(reason);
    const [because = null] = this.#reasons;
    if (because === this.#told) return;
    this.#told = because;
    this.#send({ type: "paused", because });
  }
}
