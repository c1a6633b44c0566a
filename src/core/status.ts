/** One value that says how the server is; everything that reports reads this and nothing else. */

export type MasterPhase = "starting" | "running" | "reloading" | "stopping";

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
  readonly generation: number;
  readonly target: number;
  readonly workers: readonly WorkerStatus[];
}

export interface WorkerStatus {
  readonly slot: number;
  readonly pid: number;
  readonly generation: number;
  readonly state: "booting" | "ready" | "draining" | "killed";
  /** Milliseconds since it was started. */
  readonly age: number;
  /** As of its last beat. */
  readonly requests: number;
  readonly inFlight: number;
}
