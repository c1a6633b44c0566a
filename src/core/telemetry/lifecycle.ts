/** What happens to a server and its workers, as it is told to whoever follows the control socket. */

import type { ErrorCode, ExitCode } from "../errors.ts";

/** Every kind of event, with what it says. */
export const lifecycleKinds = {
  "worker-ready": "a worker serves",
  "worker-died": "a worker died, or was killed for being silent or late",
  "worker-ended": "a worker ended that was meant to: drained, stopped",
  "worker-due": "a worker has served as much as it may, and is replaced",
  "worker-stalled": "the event loop of a worker is held up for long",
  "worker-recovered": "it turns again",
  "spawn-failed": "no process could be started for a worker",
  "reload-began": "settings and app are read anew",
  "reload-complete": "all workers are of the new generation",
  "reload-failed": "the old generation keeps serving",
  "scaled": "another number of workers is wanted",
  "complete": "all workers that are wanted are ready",
  "upgrade-began": "a new master starts",
  "upgrade-failed": "this master keeps serving",
  "upgraded": "the new master serves, this one finishes",
  "took-over": "this master serves in place of the one before",
  "stopping": "the server stops",
} as const;
export type LifecycleKind = keyof typeof lifecycleKinds;

/** Decisions and deaths: what is worth a look hours later. The rest is everyday. */
export const importantKinds: ReadonlySet<LifecycleKind> = new Set<LifecycleKind>([
  ...["worker-died", "worker-due", "spawn-failed", "scaled"] as const,
  ...["reload-complete", "reload-failed", "upgrade-failed", "upgraded", "took-over"] as const,
]);

export interface LifecycleFault {
  readonly code: ErrorCode;
  readonly exitCode: ExitCode;
  readonly message: string;
  readonly detail?: string | undefined;
}

export interface LifecycleEvent {
  /** One more than that of the event before. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly kind: LifecycleKind;
  /** For people, as the log tells it. */
  readonly text: string;
  readonly worker?: number;
  readonly gen?: number;
  readonly pid?: number;
  /** Why it failed, where it did. */
  readonly error?: LifecycleFault;
}
