/** The state of the server as one value; everything that reports it uses only this. */

import type { ChangeCounters } from "./change_counters.ts";
import type { ChannelStatus } from "./channel_status.ts";
import type { FailureKind } from "./failures.ts";
import type { LifecycleEvent } from "./lifecycle.ts";
import type { TaskStatus } from "./task_status.ts";
import type { TransitionStatus } from "./transition_status.ts";

/** `retiring`: a new master has taken over, and this one finishes. */
export type MasterPhase = "starting" | "running" | "reloading" | "upgrading" | "retiring" | "stopping";

export interface Status {
  readonly version: string;
  readonly runtime: string;
  readonly pid: number;
  readonly phase: MasterPhase;
  /** The process of the master that this one takes over from, until that is gone; else null. */
  readonly oldMaster: number | null;
  readonly app: string;
  /** Addresses the workers listen on, as `host:port`. */
  readonly addresses: readonly string[];
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Since when the counters count: the start of the first master, before all upgrades. Milliseconds since 1970. */
  readonly countedSince: number;
  /** When it was read; milliseconds since 1970. */
  readonly at: number;
  readonly generation: number;
  readonly target: number;
  /** How many spare workers there should be besides. */
  readonly spares: number;
  readonly workers: readonly WorkerStatus[];
  readonly totals: TotalStatus;
  /** Null if the app has no tasks. */
  readonly tasks: TaskStatus<WorkerStatus> | null;
  /** Null without channel-url. */
  readonly channels: ChannelStatus | null;
  readonly master: ProcessUse;
  /** The last reload or upgrade; null if there was none. */
  readonly transition: TransitionStatus | null;
  /** The last decisions and deaths, oldest first. */
  readonly events: readonly LifecycleEvent[];
}

export const responseClasses = ["1xx", "2xx", "3xx", "4xx", "5xx"] as const;
type Responses = Readonly<Record<typeof responseClasses[number], number>>;

/** What a process uses; each null where the system does not say. */
export interface ProcessUse {
  /** Share of one core since the last reading, at least a second ago; the first time since the start. */
  readonly cpu: number | null;
  /** Seconds since its start. */
  readonly cpuSeconds: number | null;
  /** Bytes of private memory; of the threads of a process an equal share each. */
  readonly memory: number | null;
}

export const workerStates = ["booting", "ready", "spare", "paused", "draining", "killed"] as const;

export interface WorkerStatus extends ProcessUse {
  readonly slot: number;
  readonly pid: number;
  /** Which thread of the process it is; null for the process itself. */
  readonly thread: number | null;
  readonly generation: number;
  /**
   * `spare`: it is ready, and gets no new connections as long as enough others serve. `paused`: the same, because the
   * worker has asked for that.
   */
  readonly state: (typeof workerStates)[number];
  /** Milliseconds since its start. */
  readonly age: number;
  /** How many workers of this slot have died before it. */
  readonly restarts: number;
  /** Milliseconds without a heartbeat when the master last looked; null before it serves. */
  readonly heartbeatAge: number | null;
  /** Requests received. */
  readonly requests: number;
  /** With its open WebSockets. */
  readonly inFlight: number;
  /** Open WebSockets. */
  readonly webSockets: number;
  readonly responses: Responses;
  /** Its event loop is blocked: it gets no new connections. */
  readonly isStalled: boolean;
  /** How late its event loop was, in milliseconds: at the last heartbeat, and the recent maximum. */
  readonly lag: number;
  readonly greatestLag: number;
  /** The request whose handler runs, else the oldest in flight. */
  readonly current: CurrentRequest | null;
  /** Percentiles of the duration of its requests, in milliseconds; null without requests. */
  readonly p50: number | null;
  readonly p99: number | null;
}

export interface CurrentRequest {
  readonly method: string;
  readonly path: string;
  /** Milliseconds since it was received. */
  readonly ms: number;
}

/** Since `countedSince`, including workers that are gone: no counter ever goes back. */
export interface TotalStatus extends ChangeCounters {
  readonly requests: number;
  readonly responses: Responses;
  /** What went wrong with requests. */
  readonly failures: Readonly<Record<FailureKind, number>>;
  /** Requests by duration, in the buckets of `latency_histogram.ts`. */
  readonly latency: readonly number[];
  readonly p50: number | null;
  readonly p99: number | null;
  /** Now. */
  readonly inFlight: number;
  /** Those of them that are open WebSockets. */
  readonly webSockets: number;
  /** Connections that wait for a worker to accept them; null while steering is off, as only workers know it then. */
  readonly backlog: number | null;
  /** Processor time of all workers in seconds, as last read while they lived. */
  readonly cpuSeconds: number;
}
