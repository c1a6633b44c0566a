/**
 * Reads every worker's beat from memory, often: a worker whose event loop is held up shall get no new connections
 * until it turns again.
 */

import { restingRhythm } from "./generation.ts";
import type { Roster } from "./roster.ts";
import type { Scoreboard } from "./scoreboard.ts";

export interface Sight {
  /** A worker was held up, or turns again. */
  readonly changed: boolean;
  /** No worker has anything to do. */
  readonly isResting: boolean;
}

export class Watch {
  readonly #roster: Roster;
  readonly #scoreboard: Scoreboard;
  #lastLook: number | null = null;

  constructor(roster: Roster, scoreboard: Scoreboard) {
    this.#roster = roster;
    this.#scoreboard = scoreboard;
  }

  /**
   * Looks at all workers, `interval` milliseconds after the last time. A worker has stalled when no beat came for
   * `stallAfter`. Tells whether that changed for any of them.
   */
  look(now: number, interval: number, stallAfter: number): Sight {
    // When the master itself was late, its workers' beats may all seem old: they get that time.
    const pause = Math.max(0, now - (this.#lastLook ?? now) - interval);
    this.#lastLook = now;
    let changed = false;
    let isResting = true;
    this.#roster.forEach((child) => {
      if (child.state.is !== "ready" && child.state.is !== "draining") return;
      if (this.#scoreboard.rhythm(child.slot) < restingRhythm) isResting = false;
      const beat = this.#scoreboard.beat(child.slot);
      if (child.pulse === null) {
        child.pulse = { beat, at: now };
      } else if (beat !== child.pulse.beat) {
        child.pulse = { beat, at: now };
        child.apply({ type: "beat" }, now);
      } else if (pause > 0) {
        child.pulse = { beat, at: child.pulse.at + pause };
      }
      const silence = now - child.pulse.at;
      const isStalled = stallAfter > 0 && silence > this.#scoreboard.longestSilence(child.slot, stallAfter);
      if (isStalled === child.isStalled) return;
      child.isStalled = isStalled;
      changed = true;
    });
    return { changed, isResting };
  }
}
