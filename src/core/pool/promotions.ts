/**
 * Which spares are promoted: from then on they get new connections. A promotion takes one change of the steering
 * program, so a spare takes the place of a worker that died, is replaced or is missing at once.
 */

import type { Goal, Member } from "./goal.ts";

/** The spares to promote now. A worker is promoted once; it never becomes a spare again. */
export function promotions(members: readonly Member[], goal: Goal): Member[] {
  const ready = members.filter(({ is }) => is === "ready");
  const actives = ready.filter(({ isSpare }) => isSpare !== true);
  const isCurrent = (member: Member) => !member.dueForRecycling && member.generation === goal.serving;
  const spares = ready.filter(({ isSpare }) => isSpare === true).toSorted((a, b) =>
    Number(isCurrent(b)) - Number(isCurrent(a)) || b.generation - a.generation ||
    Number(a.dueForRecycling) - Number(b.dueForRecycling) || a.slot - b.slot
  );
  const missing = goal.target - actives.length;
  // While workers are replaced, spares that are not to be replaced take the place of those that are.
  const isReplacing = goal.canary === null && !goal.paused;
  const replacing = isReplacing ? goal.target - actives.filter(isCurrent).length : 0;
  return spares.filter((member, place) => place < missing || (isCurrent(member) && place < replacing));
}
