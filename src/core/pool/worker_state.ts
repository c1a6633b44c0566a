/**
 * The life of one worker from the master's point of view:
 *
 *     booting ──ready──▶ ready ──drain──▶ draining ──exit──▶ gone
 *        │                 │                  │
 *        └─── late, unresponsive, overdue ────┴──▶ killed ──exit──▶ gone
 *
 * `step` is pure: it takes a state and an event, and returns the next state and at most one action.
 */

export type WorkerState =
  /** `isLoaded`: the app is loaded, and the worker waits for its turn to listen or is about to listen. */
  | { readonly is: "booting"; readonly since: number; readonly isLoaded: boolean }
  | { readonly is: "ready"; readonly since: number }
  /** `requestDeadline`: from then on it can only be cleaning up. */
  | {
    readonly is: "draining";
    readonly since: number;
    readonly requestDeadline: number;
    readonly deadline: number;
  }
  /** `detail` says more about the reason. */
  | { readonly is: "killed"; readonly because: KillReason; readonly detail?: string }
  | { readonly is: "gone" };

export type KillReason =
  | "boot-timeout"
  /** It was asked to listen and did not. */
  | "listen-timeout"
  /** The same for one that served, lost its listeners and was asked to listen again. */
  | "lost-listeners"
  | "unresponsive"
  /** It sent what no worker sends, or what was not its turn to send. */
  | "broke-protocol"
  /** The master did not get its listening sockets, although it got those of others. */
  | "sockets-missing"
  | "drain-overdue"
  /** Too many old generations were still finishing. */
  | "old-generation"
  | "unwanted"
  | "quick-stop";

export type WorkerEvent =
  | { readonly type: "loaded" }
  | { readonly type: "ready" }
  /**
   * The master asks it to drain. `handedOver`: other workers get the new connections from now on. `isRestart`: a reload or
   * an upgrade replaces it.
   */
  | { readonly type: "drain"; readonly handedOver: boolean; readonly isRestart: boolean }
  /** The worker began to drain by itself. */
  | { readonly type: "draining" }
  | { readonly type: "kill"; readonly because: KillReason; readonly detail?: string }
  | { readonly type: "exit" }
  | { readonly type: "tick" };

/** In milliseconds. */
interface WorkerLimits {
  readonly bootTimeout: number;
  readonly gracefulTimeout: number;
  readonly shutdownTimeout: number;
}

type WorkerAction =
  | { readonly type: "drain"; readonly handedOver: boolean; readonly isRestart: boolean }
  | { readonly type: "kill"; readonly because: KillReason };

interface WorkerStep {
  readonly state: WorkerState;
  readonly action?: WorkerAction;
}

/**
 * At `graceful-timeout` a worker logs which requests it cut off, at the end of `shutdown-timeout` what its app has not
 * finished, and exits. The master waits this much longer, in milliseconds, before it kills the worker.
 */
export const killMargin = 1_000;

/** How long a worker may drain, in milliseconds. */
export function drainLimit(
  { gracefulTimeout, shutdownTimeout }: Pick<WorkerLimits, "gracefulTimeout" | "shutdownTimeout">,
): number {
  return gracefulTimeout + shutdownTimeout + killMargin;
}

/**
 * How much longer than the master allows the event loop of a worker may be blocked before the kernel ends the worker, in
 * milliseconds. The master looks less often while it has much to do.
 */
export const blockedMargin = 1_000;

/**
 * How long a worker may take to listen once it is its turn, in milliseconds. It needs less than one; a worker whose
 * event loop is blocked would otherwise keep all that come after it from listening.
 */
export const listenTimeout = 10_000;

export function boot(now: number): WorkerState {
  return { is: "booting", since: now, isLoaded: false };
}

export function step(state: WorkerState, event: WorkerEvent, now: number, limits: WorkerLimits): WorkerStep {
  if (event.type === "exit") return { state: { is: "gone" } };
  if (state.is === "killed" || state.is === "gone") return { state };

  switch (event.type) {
    case "loaded":
      return state.is === "booting" ? { state: { ...state, isLoaded: true } } : { state };
    case "ready":
      return state.is === "booting" ? { state: { is: "ready", since: now } } : { state };
    case "drain":
      // Before it is ready it has no requests to finish.
      if (state.is === "booting") return kill("unwanted");
      if (state.is === "ready") return { state: drainingFrom(now, limits), action: event };
      // No other worker takes its new connections any more, so it has to close its listeners.
      return event.handedOver ? { state } : { state, action: event };
    case "draining":
      return state.is === "draining" ? { state } : { state: drainingFrom(now, limits) };
    case "kill":
      return kill(event.because, event.detail);
    case "tick":
      return { state, ...overdue(state, now, limits) };
  }
}

/** The same state with every deadline `ms` milliseconds later. */
export function postpone(state: WorkerState, ms: number): WorkerState {
  switch (state.is) {
    case "booting":
      return { ...state, since: state.since + ms };
    case "draining":
      return {
        ...state,
        requestDeadline: state.requestDeadline + ms,
        deadline: state.deadline + ms,
      };
    case "ready":
    case "killed":
    case "gone":
      return state;
  }
}

/** True for a worker that counts towards the target. */
export function isWanted(state: WorkerState): boolean {
  return state.is === "booting" || state.is === "ready";
}

function drainingFrom(now: number, limits: WorkerLimits): WorkerState {
  const deadline = now + drainLimit(limits);
  return { is: "draining", since: now, requestDeadline: deadline - limits.shutdownTimeout, deadline };
}

function kill(because: KillReason, detail?: string): WorkerStep {
  return {
    state: { is: "killed", because, ...(detail === undefined ? {} : { detail }) },
    action: { type: "kill", because },
  };
}

function overdue(state: WorkerState, now: number, limits: WorkerLimits): WorkerStep | undefined {
  switch (state.is) {
    case "booting":
      // Once it is loaded it waits for other workers to listen; each turn has a deadline of its own.
      return !state.isLoaded && now - state.since >= limits.bootTimeout ? kill("boot-timeout") : undefined;
    case "draining":
      return now >= state.deadline ? kill("drain-overdue") : undefined;
    case "ready":
    case "killed":
    case "gone":
      return undefined;
  }
}
