/** The events in the life of a server and its workers, as `/events` and `/status` show them. */

import type { ErrorCode, ExitCode } from "../errors.ts";

/** Every kind of event, with its meaning. */
export const lifecycleKinds = {
  "worker-ready": "a worker is ready and serves",
  "worker-died": "a worker died, or was killed because it was unresponsive or late",
  "worker-ended": "a worker ended as intended: drained or stopped",
  "worker-due": "a worker is due for recycling: it has reached a limit, or an operator has asked for it",
  "spare-promoted": "a spare worker takes over: it gets new connections from now on",
  "worker-paused": "a worker wants no new connections for now: `ready(false)`, or too few file descriptors",
  "worker-resumed": "the worker wants new connections again",
  "worker-stalled": "the event loop of a worker is blocked for long",
  "worker-recovered": "the event loop of the worker is responsive again",
  "task-worker-ready": "a task worker is ready and takes tasks",
  "task-worker-died": "a task worker died; its tasks go to others",
  "task-worker-ended": "a task worker ended as intended",
  "task-worker-due": "a task worker is due for recycling: it has reached a limit",
  "task-worker-stalled": "the event loop of a task worker is blocked for long",
  "task-worker-recovered": "the event loop of the task worker is responsive again",
  "task-spawn-failed": "the process of a task worker could not be started",
  "task-workers-scaled": "the number of task workers has changed",
  "spawn-failed": "the process of a worker could not be started",
  "reload-began": "a reload begins: settings and app are read again",
  "reload-complete": "all workers are of the new generation",
  "reload-failed": "the reload failed: the old generation keeps serving",
  "reload-abandoned": "the server stops before the reload is complete",
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
  ...["task-worker-died", "task-worker-due", "task-spawn-failed", "task-workers-scaled"] as const,
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
  readonly taskWorker?: number;
  readonly gen?: number;
  readonly pid?: number;
  /** Why it failed. */
  readonly error?: LifecycleFault;
}
