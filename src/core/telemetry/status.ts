/** One value that says how the server is; everything that reports reads this and nothing else. */

import type { RestartCause } from "./restart_counters.ts";
import type { LifecycleEvent } from "./lifecycle.ts";

export type MasterPhase = "starting" | "running" | "reloading" | "upgrading" | "stopping";

export interface Status {
  readonly version: string;
  readonly runtime: string;
  readonly pid: number;
  readonly phase: MasterPhase;
  readonly app: string;
  /** Addresses the workers listen on, as `host:port`. */
  readonly addresses: readonly string[];
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** When this was read; milliseconds since 1970. */
  readonly at: number;
  readonly generation: number;
  readonly target: number;
  readonly workers: readonly WorkerStatus[];
  readonly totals: TotalStatus;
  readonly master: ProcessUse;
  /** The last decisions and deaths, the oldest first. */
  readonly events: readonly LifecycleEvent[];
}

export const responseClasses = ["1xx", "2xx", "3xx", "4xx", "5xx"] as const;
export type Responses = Readonly<Record<typeof responseClasses[number], number>>;

/** What a process takes; each null where the system does not tell. */
export interface ProcessUse {
  /** Share of one core since it was last asked for, a second ago at least; the first time since its start. */
  readonly cpu: number | null;
  /** Seconds since its start. */
  readonly cpuSeconds: number | null;
  /** Bytes of memory that are its own. */
  readonly memory: number | null;
}

export interface WorkerStatus extends ProcessUse {
  readonly slot: number;
  readonly pid: number;
  readonly generation: number;
  readonly state: "booting" | "ready" | "draining" | "killed";
  /** Milliseconds since it was started. */
  readonly age: number;
  /** Milliseconds since the master saw it beat; null before it serves. */
  readonly heartbeatAge: number | null;
  /** Those that came in. */
  readonly requests: number;
  readonly inFlight: number;
  readonly responses: Responses;
  /** Its event loop is held up: it gets no new connections. */
  readonly isStalled: boolean;
  /** How late its event loop was, in milliseconds: at the last beat, and the greatest of late. */
  readonly lag: number;
  readonly greatestLag: number;
  /** The one whose handler runs, else the one that is there longest. */
  readonly current: CurrentRequest | null;
  /** Milliseconds half of its requests took at most, and 99 % of them; null without any. */
  readonly p50: number | null;
  readonly p99: number | null;
}

export interface CurrentRequest {
  readonly method: string;
  readonly path: string;
  /** Milliseconds since it came in. */
  readonly ms: number;
}

/** Since the start of the master, workers that are gone included: what is counted never goes back. */
export interface TotalStatus {
  readonly requests: number;
  readonly responses: Responses;
  /** Requests by the time they took, in the buckets of `latency_histogram.ts`. */
  readonly latency: readonly number[];
  readonly p50: number | null;
  readonly p99: number | null;
  /** At this moment. */
  readonly inFlight: number;
  /** Connections that wait for a worker to accept them at this moment; null where only the workers could tell. */
  readonly backlog: number | null;
  /** Of all workers, in seconds, as far as it was asked for while they lived. */
  readonly cpuSeconds: number;
  /** Workers that were replaced without being asked to. */
  readonly restarts: Readonly<Record<RestartCause, number>>;
  readonly reloads: Outcomes;
  readonly upgrades: Outcomes;
  /** How often the number of workers wanted was changed. */
  readonly scalings: Readonly<Record<"up" | "down", number>>;
}

export type Outcomes = Readonly<Record<"succeeded" | "failed", number>>;
