/**
 * Which workers to start and which to drain, as a pure function of the workers and the goal. It is called after every
 * event and returns only the next actions; later events lead to the following ones.
 */

export interface Member {
  readonly slot: number;
  readonly generation: number;
  /** `leaving` means draining or killed: it occupies its slot but does not count towards the target. */
  readonly is: "booting" | "ready" | "leaving";
  /** It keeps serving, but is to be replaced like a worker of an older generation. */
  readonly dueForRecycling: boolean;
  /** How much it has to do; 0 if missing. */
  readonly load?: number;
}

export interface Goal {
  /** How many workers there should be. */
  readonly target: number;
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

/** A number of workers, or a percentage of the target. */
export type Surge = { readonly workers: number } | { readonly percent: number };

/** Resolves a percentage, rounded down, but to at least 1. */
export function surgeOf(surge: Surge, target: number): number {
  return "workers" in surge ? surge.workers : Math.max(1, Math.floor(target * surge.percent / 100));
}

export type PoolAction =
  | { readonly type: "spawn"; readonly slot: number; readonly generation: number }
  | { readonly type: "drain"; readonly slot: number };

/** The next actions that lead from `members` towards `goal`; empty if there is nothing to do now. */
export function plan(members: readonly Member[], goal: Goal): PoolAction[] {
  const wanted = members.filter((member) => member.is !== "leaving");
  const free = freeSlots(members);
  const spawn = (count: number, generation: number): PoolAction[] =>
    Array.from(
      { length: Math.max(0, count) },
      () => ({ type: "spawn", slot: free.next().value, generation }),
    );

  if (goal.isRevival && goal.canary !== null && wanted.length === 0) return spawn(1, goal.canary);
  if (goal.canary !== null || goal.paused) {
    const stable = wanted.filter((member) => member.generation !== goal.canary);
    return [
      ...drain(stable, stable.length - goal.target),
      ...(goal.maySpawn ? spawn(goal.target - stable.length, goal.serving) : []),
      ...(goal.canary !== null && goal.target > 0 && stable.length === wanted.length
        ? spawn(1, goal.canary)
        : []),
    ];
  }

  const isOlder = (member: Member) => member.dueForRecycling || member.generation !== goal.serving;
  const current = wanted.filter((member) => !isOlder(member));
  const older = wanted.filter(isOlder);
  if (older.length === 0) {
    return [
      ...drain(current, current.length - goal.target),
      ...(goal.maySpawn ? spawn(goal.target - current.length, goal.serving) : []),
    ];
  }

  // New before old: an old worker is drained only when enough others are ready to meet the target without it.
  const ready = current.filter((member) => member.is === "ready").length;
  const replaced = drain(older, ready + older.length - goal.target);
  const room = goal.target + goal.surge - (wanted.length - replaced.length);
  return [
    ...replaced,
    ...drain(current, current.length - goal.target),
    ...(goal.maySpawn ? spawn(Math.min(goal.target - current.length, room), goal.serving) : []),
  ];
}

/**
 * Drains `count` members, in this order: still booting, older generation, due for recycling, least load, highest
 * slot.
 */
function drain(members: readonly Member[], count: number): PoolAction[] {
  if (count <= 0) return [];
  return members
    .toSorted((a, b) =>
      Number(b.is === "booting") - Number(a.is === "booting") || a.generation - b.generation ||
      Number(b.dueForRecycling) - Number(a.dueForRecycling) || (a.load ?? 0) - (b.load ?? 0) ||
      b.slot - a.slot
    )
    .slice(0, count)
    .map((member) => ({ type: "drain", slot: member.slot }));
}

/** Free slot numbers, lowest first, without end. */
function* freeSlots(members: readonly Member[]): Generator<number, never> {
  const taken = new Set(members.map((member) => member.slot));
  for (let slot = 0;; slot++) {
    if (!taken.has(slot)) yield slot;
  }
}
