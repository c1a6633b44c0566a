/**
 * The last reload or upgrade: how far it is, or how it ended, for `/status`, the dashboard and `denicorn ctl status`. A
 * failure stays until another one begins, as the old app serves until then.
 */

import type { LifecycleEvent, LifecycleKind } from "./lifecycle.ts";
import type { Status } from "./status.ts";

export interface TransitionStatus {
  readonly what: "reload" | "upgrade";
  readonly outcome: "running" | "done" | "failed";
  /** When it began, or ended; milliseconds since 1970. */
  readonly at: number;
  /** As in the log. */
  readonly text: string;
  /** More lines of a failure: a code frame, a stack. */
  readonly detail: string | null;
}

const meanings: Readonly<
  Partial<Record<LifecycleKind, readonly [TransitionStatus["what"], TransitionStatus["outcome"]]>>
> = {
  "reload-began": ["reload", "running"],
  "reload-complete": ["reload", "done"],
  "reload-failed": ["reload", "failed"],
  "upgrade-began": ["upgrade", "running"],
  "upgrade-failed": ["upgrade", "failed"],
  "upgraded": ["upgrade", "done"],
  "took-over": ["upgrade", "done"],
};

/** What the last transition is after an event. */
export function transitionAfter(
  last: TransitionStatus | null,
  { kind, at, text, error }: LifecycleEvent,
): TransitionStatus | null {
  const meaning = meanings[kind];
  if (meaning === undefined) return last;
  const [what, outcome] = meaning;
  return { what, outcome, at, text, detail: error?.detail ?? null };
}

/** One line about a transition that runs or has failed: `reloading: 2 of 4 workers are of generation 3`; null if neither is so. */
export function transitionText({ transition, target, workers }: TransitionSource): string | null {
  if (transition == null || transition.outcome === "done") return null;
  const { what, outcome, text } = transition;
  if (outcome === "failed" || what === "upgrade") return text;
  const newest = workers.reduce((most, { generation }) => Math.max(most, generation), 0);
  // Until a worker of the new generation is started, all are of one.
  if (workers.every(({ generation }) => generation === newest)) return text;
  const isNew = workers.filter(({ generation, state }) =>
    generation === newest && (state === "ready" || state === "spare" || state === "paused")
  );
  return `reloading: ${isNew.length} of ${target} workers are of generation ${newest}`;
}

type TransitionSource = Pick<Status, "transition" | "target" | "workers">;
