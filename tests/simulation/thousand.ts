/** A rolling reload with the pure core, and what each of its decisions costs. */

import type { Goal, Member } from "../../src/core/pool/goal.ts";
import { plan, surgeOf } from "../../src/core/pool/plan.ts";
import { bridge, type Group, join, leave } from "../../src/core/listeners/reuseport_group.ts";
import { steeringProgram } from "../../src/core/listeners/steering_program.ts";
import { type Rollout, servingOf, stepRollout } from "../../src/core/transitions/rollout.ts";

interface Reload {
  /** How often the plan was made until the last old worker was gone. */
  readonly decisions: number;
  /** The fewest workers that were ready at any time. */
  readonly fewestReady: number;
  /** The most property reads that one plan needed. */
  readonly reads: number;
  /** The longest steering program, in instructions. */
  readonly instructions: number;
  readonly rollout: Rollout;
}

/** Replaces `target` workers, a tenth at a time. A worker boots, or leaves, from one decision to the next. */
export function rollingReload(target: number): Reload {
  const counter = { reads: 0 };
  let rollout = { is: "idle", serving: 1, last: 1 } as Rollout;
  let members = Array.from(
    { length: target },
    (_, slot): Member => counted(member(slot, 1, "ready"), counter),
  );
  let group: Group<number> = members.map(({ slot }) => slot);
  const step = (event: Parameters<typeof stepRollout>[1]) => rollout = stepRollout(rollout, event).rollout;
  let [decisions, fewestReady, reads, instructions] = [0, target, 0, 0];
  const steer = (indices: readonly number[]) =>
    instructions = Math.max(instructions, steeringProgram(group.length, indices).length);

  step({ type: "reload" });
  step({ type: "built", generation: 2 });
  while (rollout.is !== "idle") {
    const goal: Goal = {
      target,
      spares: 0,
      serving: servingOf(rollout),
      canary: rollout.is === "canary" ? rollout.next : null,
      isRevival: false,
      paused: false,
      surge: surgeOf({ percent: 10 }, target),
      maySpawn: true,
    };
    counter.reads = 0;
    const actions = plan(members, goal);
    reads = Math.max(reads, counter.reads);
    decisions++;

    const ready = new Set(members.filter(({ is }) => is === "ready").map(({ slot }) => slot));
    fewestReady = Math.min(fewestReady, ready.size);
    steer(group.flatMap((slot, index) => ready.has(slot) ? [index] : []));
    members.filter(({ is }) => is === "leaving").forEach(({ slot }) => {
      const after = leave(group, slot);
      steer(bridge(group, after, (other) => ready.has(other)));
      group = after;
    });
    const draining = new Set(actions.flatMap(({ type, slot }) => type === "drain" ? [slot] : []));
    members = members.flatMap(({ slot, generation, is }) => {
      if (is === "leaving") return [];
      if (is === "booting") group = join(group, slot);
      return [counted(member(slot, generation, draining.has(slot) ? "leaving" : "ready"), counter)];
    });
    for (const action of actions) {
      if (action.type === "spawn") {
        members.push(counted(member(action.slot, action.generation, "booting"), counter));
      }
    }
    if (members.some(({ generation, is }) => generation === 2 && is === "ready")) {
      step({ type: "canary-ready", generation: 2 });
    }
    if (members.every(({ generation }) => generation === 2)) step({ type: "replaced", generation: 2 });
    if (decisions > 20 * target) throw new Error(`no end after ${decisions} decisions`);
  }
  return { decisions, fewestReady, reads, instructions, rollout };
}

function member(slot: number, generation: number, is: Member["is"]): Member {
  return { slot, generation, is, dueForRecycling: false, load: (slot * 7) % 13 };
}

/** The same object, which counts how often its properties are read. */
export function counted<Value extends object>(value: Value, counter: { reads: number }): Value {
  return new Proxy(value, {
    get(target, name) {
      counter.reads++;
      return Reflect.get(target, name);
    },
  });
}
