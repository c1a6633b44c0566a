/** The last reload or upgrade in words. */

import type { Status } from "./status.ts";
import { workerCounts } from "./worker_counts.ts";

/** One line about a transition that runs or has failed: `reloading: 2 of 4 workers are of generation 3`; null if neither is so. */
export function transitionText({ transition, target, workers }: TransitionSource): string | null {
  if (transition == null || transition.outcome === "done") return null;
  const { what, outcome, text } = transition;
  if (outcome === "failed" || what === "upgrade") return text;
  const newest = workers.reduce((most, { generation }) => Math.max(most, generation), 0);
  // Until a worker of the new generation is started, all are of one.
  if (workers.every(({ generation }) => generation === newest)) return text;
  // Also one that has paused has been replaced.
  const { ready, spare, paused } = workerCounts({ workers, target }, newest);
  return `reloading: ${
    Math.min(ready + spare + paused, target)
  } of ${target} workers are of generation ${newest}`;
}

type TransitionSource = Pick<Status, "transition" | "target" | "workers">;
