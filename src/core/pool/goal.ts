/** What the plan of the pool is made from: the workers there are, and what there should be. */

export interface Member {
  readonly slot: number;
  readonly generation: number;
  /** `leaving` means draining or killed: it occupies its slot but does not count towards the target. */
  readonly is: "booting" | "ready" | "leaving";
  /** It keeps serving, but is to be replaced like a worker of an older generation. */
  readonly dueForRecycling: boolean;
  /** It is ready and has not been promoted: it gets no new connections. */
  readonly isSpare?: boolean;
  /** How much it has to do; 0 if missing. */
  readonly load?: number;
  /** The process that it is a thread of; missing if it is a process itself. */
  readonly process?: number;
}

export interface Goal {
  /** How many workers there should be. */
  readonly target: number;
  /** How many ready workers there should be besides, that get no new connections until they are promoted. */
  readonly spares: number;
  /** The newest generation that is known to boot. */
  readonly serving: number;
  /** The candidate generation while its first worker, the canary, is not ready yet. */
  readonly canary: number | null;
  /** All workers were drained on request, and the target is 0 until the canary is ready. */
  readonly isRevival: boolean;
  /** A rollout was interrupted: workers of any generation stay until the new one is built. */
  readonly paused: boolean;
  /** How many workers may exist beyond the target while workers are replaced; at least 1. */
  readonly surge: number;
  /** False while back-off delays new workers. */
  readonly maySpawn: boolean;
}
