/**
 * Which workers to start and which to drain, as a pure function of who is there and what is wanted. It is
 * asked after every event, so each answer is one small move: the next event brings the next.
 */

export interface Member {
  readonly slot: number;
  readonly generation: number;
  /** `leaving` covers draining and killed: it holds its slot and counts for nothing. */
  readonly is: "booting" | "ready" | "leaving";
}

export interface Goal {
  /** How many workers shall serve. */
  readonly target: number;
  /** The newest generation known to boot. */
  readonly serving: number;
  /** A newer generation whose first worker, the canary, is not ready yet. */
  readonly rolling: number | null;
  /** False while back-off holds replacements. */
  readonly maySpawn: boolean;
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

  if (goal.rolling !== null) {
    const proven = wanted.filter((member) => member.generation !== goal.rolling);
    const canaries = wanted.length - proven.length;
    return [
      ...drain(proven, proven.length - goal.target),
      ...(goal.maySpawn ? spawn(goal.target - proven.length, goal.serving) : []),
      ...spawn(goal.target > 0 ? 1 - canaries : 0, goal.rolling),
    ];
  }

  const current = wanted.filter((member) => member.generation === goal.serving);
  const older = wanted.filter((member) => member.generation !== goal.serving);
  if (older.length === 0) {
    return [
      ...drain(current, current.length - goal.target),
      ...(goal.maySpawn ? spawn(goal.target - current.length, goal.serving) : []),
    ];
  }

  // New before old: an old worker goes only when the ready ones without it make up the target.
  const ready = current.filter((member) => member.is === "ready").length;
  const surplus = ready + older.length - goal.target;
  const booting = current.length - ready;
  const missing = goal.target - wanted.length;
  const next = booting === 0 && current.length < goal.target ? 1 : 0;
  return [
    ...drain(older, surplus),
    ...drain(current, current.length - goal.target),
    ...(goal.maySpawn ? spawn(Math.max(missing, next), goal.serving) : []),
  ];
}

/** Drains `count` members: those still booting first, then older generations, then the highest slots. */
function drain(members: readonly Member[], count: number): PoolAction[] {
  if (count <= 0) return [];
  return members
    .toSorted((a, b) =>
      Number(b.is === "booting") - Number(a.is === "booting") || a.generation - b.generation ||
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
