/**
 * Which workers to start, which to drain and which spares to promote, as a pure function of the workers and the goal. It
 * is called after every event and returns only the next actions; later events lead to the following ones.
 */

import type { Goal, Member } from "./goal.ts";
import { promotions } from "./promotions.ts";

/** A number of workers, or a percentage of the target. */
export type Surge = { readonly workers: number } | { readonly percent: number };

/** Resolves a percentage, rounded down, but to at least 1. */
export function surgeOf(surge: Surge, target: number): number {
  return "workers" in surge ? surge.workers : Math.max(1, Math.floor(target * surge.percent / 100));
}

/** New task workers beyond their target, while they replace old ones. */
export const taskSurge = 1;

export type PoolAction =
  | { readonly type: "spawn"; readonly slot: number; readonly generation: number }
  | { readonly type: "drain"; readonly slot: number }
  | { readonly type: "promote"; readonly slot: number };

/** The next actions that lead from `members` towards `goal`; empty if there is nothing to do now. */
export function plan(members: readonly Member[], goal: Goal): PoolAction[] {
  const promoted = new Set(promotions(members, goal));
  return [
    ...Array.from(promoted, ({ slot }): PoolAction => ({ type: "promote", slot })),
    ...startAndDrain(
      members.map((member) => promoted.has(member) ? { ...member, isSpare: false } : member),
      goal,
    ),
  ];
}

function startAndDrain(members: readonly Member[], goal: Goal): PoolAction[] {
  const wanted = members.filter((member) => member.is !== "leaving");
  const free = freeSlots(members);
  const spawn = (count: number, generation: number): PoolAction[] =>
    Array.from(
      { length: Math.max(0, count) },
      () => ({ type: "spawn", slot: free.next().value, generation }),
    );
  const size = poolSize(goal);
  // Spares boot when enough workers serve: until then they would only delay them.
  const startable = wanted.filter(isReady).length >= goal.target ? size : goal.target;

  if (goal.isRevival && goal.canary !== null && wanted.length === 0) return spawn(1, goal.canary);
  if (goal.canary !== null || goal.paused) {
    const stable = wanted.filter((member) => member.generation !== goal.canary);
    return [
      ...drainSurplus(stable, goal),
      ...(goal.maySpawn ? spawn(startable - stable.length, goal.serving) : []),
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
      ...drainSurplus(current, goal),
      ...(goal.maySpawn ? spawn(startable - current.length, goal.serving) : []),
    ];
  }

  // New before old: an old worker is drained only when enough others are ready to meet the target without it.
  const actives = drain(older.filter(isActive), wanted.filter(isActive).length - goal.target);
  const others = drain(
    older.filter((member) => !isActive(member)),
    current.filter(isReady).length + older.length - size - actives.length,
  );
  const room = size + goal.surge - (wanted.length - actives.length - others.length);
  return [
    ...others,
    ...actives,
    ...drainSurplus(current, goal),
    ...(goal.maySpawn ? spawn(Math.min(startable - current.length, room), goal.serving) : []),
  ];
}

/** How many workers there should be, spares included. */
export function poolSize({ target, spares }: Pick<Goal, "target" | "spares">): number {
  return target === 0 ? 0 : target + spares;
}

function isReady({ is }: Member): boolean {
  return is === "ready";
}

/** It gets new connections. */
function isActive({ is, isSpare }: Member): boolean {
  return is === "ready" && isSpare !== true;
}

/** Drains the active members beyond the target, and spares and booting ones beyond the size of the pool. */
function drainSurplus(members: readonly Member[], goal: Goal): PoolAction[] {
  const actives = drain(members.filter(isActive), members.filter(isActive).length - goal.target);
  const others = drain(
    members.filter((member) => !isActive(member)),
    members.length - actives.length - poolSize(goal),
  );
  return [...others, ...actives];
}

/**
 * Drains `count` members, in this order: still booting, older generation, due for recycling, least load, highest
 * slot. Threads of one process follow each other, those of the process with the least load first, so that it can end.
 */
function drain(members: readonly Member[], count: number): PoolAction[] {
  if (count <= 0) return [];
  const loads = new Map<number, number>();
  for (const { process, load = 0 } of members) {
    if (process !== undefined) loads.set(process, (loads.get(process) ?? 0) + load);
  }
  const ofProcess = ({ process, load = 0 }: Member) => process === undefined ? load : loads.get(process)!;
  return members
    .toSorted((a, b) =>
      Number(b.is === "booting") - Number(a.is === "booting") || a.generation - b.generation ||
      Number(b.dueForRecycling) - Number(a.dueForRecycling) || ofProcess(a) - ofProcess(b) ||
      (b.process ?? 0) - (a.process ?? 0) || (a.load ?? 0) - (b.load ?? 0) || b.slot - a.slot
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
