/** The events in the life of a server and its workers, as `/events` and `/status` show them. */

import type { ErrorCode, ExitCode } from "../errors.ts";

/** Every kind of event, with its meaning. */
export const lifecycleKinds = {
  "worker-ready": "a worker is ready and serves",
  "worker-died": "a worker died, or was killed because it was unresponsive or late",
  "worker-ended": "a worker ended as intended: drained or stopped",
  "worker-due": "a worker has reached a recycling limit and is replaced",
  "spare-promoted": "a spare worker takes over: it gets new connections from now on",
  "worker-paused": "a worker wants no new connections for now: `ready(false)`, or too few file descriptors",
  "worker-resumed": "the worker wants new connections again",
  "worker-stalled": "the event loop of a worker is blocked for long",
  "worker-recovered": "the event loop of the worker is responsive again",
  "spawn-failed": "the process of a worker could not be started",
  "reload-began": "a reload begins: settings and app are read again",
  "reload-complete": "all workers are of the new generation",
  "reload-failed": "the reload failed: the old generation keeps serving",
  "scaled": "the target, the number of workers, has changed",
  "complete": "all workers are ready",
  "upgrade-began": "an upgrade begins: a new master starts",
  "upgrade-failed": "the upgrade failed: this master keeps serving",
  "upgraded": "the new master serves; this one finishes its requests and exits",
  "took-over": "this master has replaced the old one",
  "stopping": "the server stops",
} as const;
export type LifecycleKind = keyof typeof lifecycleKinds;

/** Decisions and deaths, which matter hours later; `/status` shows the last ones. */
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
  /** One more than that of the previous event. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly kind: LifecycleKind;
  /** As in the log. */
  readonly text: string;
  readonly worker?: number;
  readonly gen?: number;
  readonly pid?: number;
  /** Why it failed. */
  readonly error?: LifecycleFault;
}
