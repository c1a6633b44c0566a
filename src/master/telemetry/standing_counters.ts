/**
 * The counters of a master that a successor has read: they stand still, because the same counters go on there. Else somebody
 * who reads both, as a Prometheus does through one address, could see one go back.
 */

import type { MasterPhase, Status } from "../../core/telemetry/status.ts";
import type { Clock } from "../../system/system.ts";

/** Milliseconds after which a successor that has read them and did not take over does not matter any more. */
const longestTakeover = 5_000;

export class StandingCounters {
  readonly #clock: Pick<Clock, "monotonic">;
  #read: { readonly status: Status; readonly until: number } | null = null;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** The successor has read `status`. */
  stand(status: Status): void {
    this.#read = { status, until: this.#clock.monotonic() + longestTakeover };
  }

  /** `status` as others may see it. */
  of(status: Status, phase: MasterPhase): Status {
    if (this.#read === null) return status;
    if (phase !== "retiring" && this.#clock.monotonic() >= this.#read.until) return status;
    const { totals, master, tasks, channels } = this.#read.status;
    return {
      ...status,
      totals: { ...totals, inFlight: status.totals.inFlight, webSockets: status.totals.webSockets },
      master,
      tasks: status.tasks === null || tasks === null
        ? status.tasks
        : { ...status.tasks, totals: tasks.totals },
      channels: status.channels === null || channels === null
        ? status.channels
        : { ...status.channels, totals: channels.totals },
    };
  }
}
