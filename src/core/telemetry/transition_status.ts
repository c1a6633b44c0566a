/**
 * The last reload or upgrade: how far it is, or how it ended, for `/status`, the dashboard and `denicorn ctl status`. A
 * failure stays until another one begins, as the old app serves until then.
 */

import type { LifecycleEvent, LifecycleKind } from "./lifecycle.ts";

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
  "reload-abandoned": ["reload", "failed"],
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
