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
/** Between two samples of that. */
const nearStep = 1_000;
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
    // A far step longer: `samples` goes from one kind to the other at the end of a far step, so that each second counts once.
    dropBefore(this.#near, now.at - nearSpan - farStep);
    dropBefore(this.#far, now.at - timelineSpan);
  }

  /** Takes what a master remembers of the time that is not known here. */
  recall({ near, far }: History): void {
    this.#near = filledIn(this.#near, near, nearStep);
    this.#far = filledIn(this.#far, far, farStep);
  }

  /** What another timeline can go on with. */
  get history(): History {
    return { near: this.#near, far: this.#far };
  }

  /** The oldest first. */
  get samples(): readonly Sample[] {
    const begin = this.#near[0]?.at ?? Infinity;
    const far = this.#far.filter(({ at }) => at < begin + farStep);
    const end = far.at(-1)?.at ?? -Infinity;
    return [...far, ...this.#near.filter(({ at }) => at > end)];
  }
}

/**
 * `own` with `recalled` where it has a gap, before its beginning and after its end. What is known here stays: a master
 * that has just taken over knows nothing of the time before. The sample after a gap is of the whole gap: its deaths are in
 * those that fill it.
 */
function filledIn(own: readonly Sample[], recalled: readonly Sample[], step: number): Sample[] {
  const last = own.at(-1)?.at ?? -Infinity;
  const parts = own.map((sample, place) => {
    const from = own[place - 1]?.at ?? -Infinity;
    if (sample.at - from < step * 2) return [sample];
    const within = recalled.filter(({ at }) => at > from && at <= sample.at);
    const end = within.at(-1)?.at;
    if (end === undefined) return [sample];
    return sample.at - end < step / 2 ? within : [...within, { ...sample, deaths: 0 }];
  });
  return [...parts.flat(), ...recalled.filter(({ at }) => at > last)];
}

function dropBefore(samples: Sample[], at: number): void {
  const kept = samples.findIndex((sample) => sample.at > at);
  samples.splice(0, kept === -1 ? samples.length : kept);
}
