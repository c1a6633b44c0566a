/** The plan with spare workers. */

import fc from "fast-check";
import type { Goal, Member } from "../../../src/core/pool/goal.ts";
import { plan, type PoolAction, poolSize } from "../../../src/core/pool/plan.ts";
import { assert, assertEquals } from "../../assert.ts";

const goal = (over: Partial<Goal> = {}): Goal => ({
  target: 1,
  spares: 1,
  serving: 1,
  canary: null,
  isRevival: false,
  paused: false,
  surge: 1,
  maySpawn: true,
  ...over,
});
const active = (slot: number, generation = 1): Member => ({
  slot,
  generation,
  is: "ready",
  dueForRecycling: false,
  isSpare: false,
});
const spare = (slot: number, generation = 1): Member => ({ ...active(slot, generation), isSpare: true });
const booting = (slot: number, generation = 1): Member => ({ ...spare(slot, generation), is: "booting" });
const spawn = (slot: number, generation = 1): PoolAction => ({ type: "spawn", slot, generation });
const drain = (slot: number): PoolAction => ({ type: "drain", slot });
const promote = (slot: number): PoolAction => ({ type: "promote", slot });

Deno.test("a spare boots only when the workers that serve are ready", () => {
  assertEquals(plan([], goal()), [spawn(0)]);
  assertEquals(plan([booting(0)], goal()), []);
  assertEquals(plan([spare(0)], goal()), [promote(0), spawn(1)]);
  assertEquals(plan([active(0), spare(1)], goal()), []);
});

Deno.test("a spare takes the place of a worker that died, and another spare boots behind it", () => {
  assertEquals(plan([spare(1)], goal()), [promote(1), spawn(0)]);
  assertEquals(plan([active(1), booting(0)], goal()), []);
});

Deno.test("a spare that died is replaced, and nothing else happens", () => {
  assertEquals(plan([active(0)], goal()), [spawn(1)]);
  assertEquals(plan([active(0)], goal({ maySpawn: false })), []);
});

Deno.test("a spare takes the place of a worker due for recycling at once", () => {
  const due = { ...active(0), dueForRecycling: true };
  assertEquals(plan([due, spare(1)], goal()), [promote(1), drain(0), spawn(2)]);
  // A spare that is due itself waits for its replacement.
  const dueSpare = { ...spare(1), dueForRecycling: true };
  assertEquals(plan([active(0), dueSpare], goal()), [spawn(2)]);
  assertEquals(plan([active(0), dueSpare, spare(2)], goal()), [drain(1)]);
});

Deno.test("one more worker is a spare that is promoted; one less is an active one that drains", () => {
  assertEquals(plan([active(0), spare(1)], goal({ target: 2 })), [promote(1), spawn(2)]);
  assertEquals(plan([active(0), active(1), spare(2)], goal()), [drain(1)]);
  // With the spare missing, too.
  assertEquals(plan([active(0), active(1)], goal({ maySpawn: false })), [drain(1)]);
});

Deno.test("a reload replaces the active workers first, then the spares", () => {
  const old = [active(0), spare(1)];
  assertEquals(plan(old, goal({ canary: 2 })), [spawn(2, 2)]);
  assertEquals(plan([...old, booting(2, 2)], goal({ canary: 2 })), []);
  const serving = goal({ serving: 2 });
  assertEquals(plan([...old, spare(2, 2)], serving), [promote(2), drain(0), spawn(3, 2)]);
  assertEquals(plan([spare(1), active(2, 2), spare(3, 2)], serving), [drain(1)]);
  // If the new worker dies meanwhile, the old spare serves.
  assertEquals(plan([spare(1), booting(3, 2)], serving), [promote(1), spawn(0, 2)]);
});

Deno.test("a paused rollout promotes a spare only if a worker is missing", () => {
  const paused = goal({ paused: true });
  assertEquals(plan([spare(0), active(1, 2)], paused), []);
  assertEquals(plan([spare(0)], paused), [promote(0), spawn(1)]);
});

Deno.test("without a target there are no spares; without spares all that are ready serve", () => {
  assertEquals(poolSize({ target: 0, spares: 3 }), 0);
  assertEquals(plan([active(0), spare(1)], goal({ target: 0 })), [drain(1), drain(0)]);
  assertEquals(plan([spare(0), spare(1)], goal({ target: 2, spares: 0 })), [promote(0), promote(1)]);
  assertEquals(plan([active(0), spare(1)], goal({ spares: 0 })), [drain(1)]);
});

const events = fc.array(
  fc.oneof(
    fc.record({ type: fc.constantFrom("ready", "gone", "die", "due"), pick: fc.nat(20) }),
    fc.record({ type: fc.constantFrom("target", "spares"), pick: fc.integer({ min: 1, max: 4 }) }),
    fc.record({
      type: fc.constantFrom("roll", "promote", "abandon", "back off", "release"),
      pick: fc.constant(0),
    }),
  ),
  { maxLength: 60 },
);

Deno.test("property: for any history no worker serves too few or too many, and the pool ends with target and spares", () => {
  fc.assert(
    fc.property(events, (history) => {
      let members: Member[] = [];
      let current = goal();
      let last = 1;
      const count = (test: (m: Member) => boolean) => members.filter(test).length;
      const isActive = (m: Member) => m.is === "ready" && !m.isSpare;
      const reconcile = () => {
        const ready = count((m) => m.is === "ready");
        for (const action of plan(members, current)) {
          if (action.type === "spawn") members = [...members, booting(action.slot, action.generation)];
          else if (action.type === "drain") {
            members = members.map((m) => m.slot === action.slot ? { ...m, is: "leaving" } : m);
          } else members = members.map((m) => m.slot === action.slot ? { ...m, isSpare: false } : m);
        }
        assertEquals(new Set(members.map((m) => m.slot)).size, members.length, "slots are unique");
        assert(count(isActive) >= Math.min(ready, current.target), "those that are ready serve if needed");
        assert(count(isActive) <= Math.max(current.target, 0), "a spare does not serve without need");
      };
      const react = (type: string, pick: number) => {
        const candidates = members.filter((m) =>
          type === "ready" ? m.is === "booting" : type === "gone" ? m.is === "leaving" : true
        );
        const chosen = candidates[pick % Math.max(1, candidates.length)];
        const change = (over: Partial<Member>) => {
          members = members.map((m) => m === chosen ? { ...m, ...over } : m);
        };
        if (type === "target" || type === "spares") current = { ...current, [type]: pick };
        else if (type === "back off" || type === "release") {
          current = { ...current, maySpawn: type === "release" };
        } else if (type === "roll" && current.canary === null) current = { ...current, canary: ++last };
        else if (type === "abandon") {
          members = members.map((m) => m.generation === current.canary ? { ...m, is: "leaving" } : m);
          current = { ...current, canary: null };
        } else if (type === "promote" && current.canary !== null) {
          if (members.some((m) => m.generation === current.canary && m.is === "ready")) {
            current = { ...current, serving: current.canary, canary: null };
          }
        } else if (chosen === undefined) return;
        else if (type === "ready") {
          change({ is: "ready" });
          // Like the master: a canary that is ready is promoted before the next plan.
          react("promote", 0);
        } else if (type === "due") change({ dueForRecycling: true });
        else if (type === "gone" || type === "die") members = members.filter((m) => m !== chosen);
      };
      reconcile();
      for (const { type, pick } of history) {
        react(type, pick);
        reconcile();
      }
      react("release", 0);
      for (let round = 0; round < 80; round++) {
        react("ready", 0);
        react("gone", 0);
        reconcile();
      }
      const shown = members.map((m) => [m.generation, m.is, m.dueForRecycling, m.isSpare ?? false].join());
      const is = (isSpare: boolean) => [current.serving, "ready", false, isSpare].join();
      assertEquals(
        shown.sort(),
        [
          ...Array(current.spares).fill(is(true)),
          ...Array(current.target).fill(is(false)),
        ].sort(),
      );
    }),
    { numRuns: 1000 },
  );
});
