/**
 * Which workers to start and which to drain, as a pure function of who is there and what is wanted. It is
 * asked after every event, so each answer is one small move: the next event brings the next.
 */

export interface Member {
  readonly slot: number;
  readonly generation: number;
  /** `leaving` covers draining and killed: it holds its slot and counts for nothing. */
  readonly is: "booting" | "ready" | "leaving";
  /** It serves on, but is to be replaced as if it were of an older generation. */
  readonly dueForRecycling: boolean;
  /** How much it has to do; where nobody looked, nothing. */
  readonly load?: number;
}

export interface Goal {
  /** How many workers shall serve. */
  readonly target: number;
  /** The newest generation known to boot. */
  readonly serving: number;
  /** A newer generation whose first worker, the canary, is not ready yet. */
  readonly rolling: number | null;
  /** A roll was interrupted: as many as shall serve stay as they are, of whatever generation. */
  readonly paused: boolean;
  /** How many workers there may be beyond the target while they are replaced; at least 1. */
  readonly surge: number;
  /** False while back-off holds replacements. */
  readonly maySpawn: boolean;
}

/** A number of workers, or a share of the target. */
export type Surge = { readonly workers: number } | { readonly percent: number };

/** A share is rounded down, but one worker can always be replaced. */
export function surgeOf(surge: Surge, target: number): number {
  return "workers" in surge ? surge.workers : Math.max(1, Math.floor(target * surge.percent / 100));
}

export type PoolAction =
  | { readonly type: "spawn"; readonly slot: number; readonly generation: number }
  | { readonly type: "drain"; readonly slot: number };

/** The next moves from `members` towards `goal`. Empty when there is nothing to do now. */
export function plan(members: readonly Member[], goal: Goal): PoolAction[] {
  const wanted = members.filter((member) => member.is !== "leaving");
  const free = freeSlots(members);
  const spawn = (count: number, generation: number): PoolAction[] =>
    Array.from(
      { length: Math.max(0, count) },
      () => ({ type: "spawn", slot: free.next().value, generation }),
    );

  if (goal.rolling !== null || goal.paused) {
    const stable = wanted.filter((member) => member.generation !== goal.rolling);
    return [
      ...drain(stable, stable.length - goal.target),
      ...(goal.maySpawn ? spawn(goal.target - stable.length, goal.serving) : []),
      ...(goal.rolling !== null && goal.target > 0 && stable.length === wanted.length
        ? spawn(1, goal.rolling)
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

  // New before old: an old worker goes only when the ready ones without it make up the target.
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
 * Drains `count` members: those still booting first, then older generations, spent ones, those with the least load,
 * the highest slots.
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

/** Slot numbers nobody holds, lowest first, without end. */
function* freeSlots(members: readonly Member[]): Generator<number, never> {
  const taken = new Set(members.map((member) => member.slot));
  for (let slot = 0;; slot++) {
    if (!taken.has(slot)) yield slot;
  }
}
