/**
 * The last quarter of an hour as samples: one per second of the last minutes, one per ten seconds before that. The
 * master keeps one, so that a page that is opened shows what was before; the page goes on with its own.
 */

import type { Status } from "../../core/telemetry/status.ts";
import { type Sample, sampleOf } from "./samples.ts";

/** The time that it covers, in milliseconds. */
export const timelineSpan = 900_000;
/** The part of it that has a sample per second. */
export const nearSpan = 180_000;
/** Between two samples before that. */
const farStep = 10_000;
/** A tick may come a little early. */
const slack = 500;

/** Of both kinds the oldest first; they overlap. */
export interface History {
  readonly near: readonly Sample[];
  readonly far: readonly Sample[];
}

export class Timeline {
  #near: Sample[] = [];
  #far: Sample[] = [];
  #last: Status | null = null;
  #lastFar: Status | null = null;

  /** Adds the time since the last status; call it once per second. */
  add(now: Status): void {
    // After the clock was set back there would be samples in the future.
    if (this.#last !== null && now.at < this.#last.at) {
      [this.#near, this.#far, this.#lastFar] = [[], [], null];
    }
    this.#near.push(sampleOf(this.#last, now));
    this.#last = now;
    if (this.#lastFar === null || now.at - this.#lastFar.at >= farStep - slack) {
      this.#far.push(sampleOf(this.#lastFar, now));
      this.#lastFar = now;
    }
    dropBefore(this.#near, now.at - nearSpan);
    dropBefore(this.#far, now.at - timelineSpan);
  }

  /** Puts what a master remembers in the place of the same time here. */
  recall({ near, far }: History): void {
    this.#near = merged(this.#near, near);
    this.#far = merged(this.#far, far);
  }

  /** What another timeline can go on with. */
  get history(): History {
    return { near: this.#near, far: this.#far };
  }

  /** The oldest first. */
  get samples(): readonly Sample[] {
    const begin = this.#near[0]?.at ?? Infinity;
    return [...this.#far.filter(({ at }) => at < begin), ...this.#near];
  }
}

function merged(own: readonly Sample[], recalled: readonly Sample[]): Sample[] {
  const [from = Infinity, to = -Infinity] = [recalled[0]?.at, recalled.at(-1)?.at];
  return [...own.filter(({ at }) => at < from || at > to), ...recalled].sort((a, b) => a.at - b.at);
}

function dropBefore(samples: Sample[], at: number): void {
  const kept = samples.findIndex((sample) => sample.at > at);
  samples.splice(0, kept === -1 ? samples.length : kept);
}
