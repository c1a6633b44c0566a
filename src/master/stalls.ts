/** Tells of event loops that are held up, once when it has been long, and once when they turn again. */

import type { RunningRequest } from "../core/shared_request.ts";
import type { Clock } from "../system/system.ts";
import type { Child } from "./child.ts";
import type { LifecycleLog } from "./lifecycle_log.ts";
import type { Roster } from "./roster.ts";
import type { Scoreboard } from "./scoreboard.ts";

/** Where `slow-request` is off: longer than any pause of a healthy worker, shorter than the default `timeout`. */
const longStall = 5_000;

interface Told {
  /** The last beat before. */
  readonly beat: number;
  readonly since: number;
}

export class Stalls {
  readonly #clock: Clock;
  readonly #roster: Roster;
  readonly #scoreboard: Scoreboard;
  readonly #lifecycle: LifecycleLog;
  readonly #told = new WeakMap<Child, Told>();

  constructor(clock: Clock, roster: Roster, scoreboard: Scoreboard, lifecycle: LifecycleLog) {
    this.#clock = clock;
    this.#roster = roster;
    this.#scoreboard = scoreboard;
    this.#lifecycle = lifecycle;
  }

  /** To be asked right after the beats were looked at: only then a pause of the master itself is allowed for. */
  tell(slowRequest: number): void {
    const now = this.#clock.monotonic();
    const limit = slowRequest > 0 ? slowRequest : longStall;
    this.#roster.forEach((child) => {
      const { pulse, state } = child;
      if (pulse === null || (state.is !== "ready" && state.is !== "draining")) return;
      const told = this.#told.get(child);
      if (told !== undefined) {
        if (told.beat === pulse.beat) return;
        this.#told.delete(child);
        this.#lifecycle.turnsAgain(child, pulse.at - told.since);
      }
      const silence = now - pulse.at;
      if (silence < limit || silence < this.#scoreboard.longestSilence(child.slot, limit)) return;
      this.#told.set(child, { beat: pulse.beat, since: pulse.at });
      this.#lifecycle.heldUp(child, silence, this.#culprit(child));
    });
  }

  /** Only the handler that has not come back is surely to blame; the longest request is a hint. */
  #culprit(child: Child): string {
    const { pid, entered, longest } = this.#scoreboard.read(child.slot);
    if (pid !== child.process.pid) return "";
    if (entered !== null) return ` by ${named(entered)}`;
    return longest === null ? "" : `; the longest request in flight is ${named(longest)}`;
  }
}

function named({ method, path }: RunningRequest): string {
  return `${method} ${path}`;
}
