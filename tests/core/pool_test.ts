import fc from "fast-check";
import { type Goal, type Member, plan, type PoolAction } from "../../src/core/pool.ts";
import { assert, assertEquals } from "../assert.ts";

const goal = (over: Partial<Goal> = {}): Goal => ({
  target: 2,
  serving: 1,
  rolling: null,
  maySpawn: true,
  ...over,
});
const member = (slot: number, generation = 1, is: Member["is"] = "ready"): Member => ({
  slot,
  generation,
  is,
});

Deno.test("an empty pool starts all its workers at once, in the lowest slots", () => {
  assertEquals(plan([], goal({ target: 3 })), [
    { type: "spawn", slot: 0, generation: 1 },
    { type: "spawn", slot: 1, generation: 1 },
    { type: "spawn", slot: 2, generation: 1 },
  ]);
});

Deno.test("a gap is filled with the free slot, and a slot that is still leaving is not reused", () => {
  assertEquals(plan([member(1), member(0, 1, "leaving")], goal()), [{
    type: "spawn",
    slot: 2,
    generation: 1,
  }]);
});

Deno.test("back-off holds replacements", () => {
  assertEquals(plan([member(0)], goal({ maySpawn: false })), []);
});

Deno.test("too many: those still booting go first, then the highest slots", () => {
  const members = [member(0), member(1), member(2, 1, "booting"), member(3)];
  assertEquals(plan(members, goal({ target: 2 })), [{ type: "drain", slot: 2 }, { type: "drain", slot: 3 }]);
});

Deno.test("a roll tries one canary and keeps every old worker", () => {
  const rolling = goal({ rolling: 2 });
  const old = [member(0), member(1)];
  assertEquals(plan(old, rolling), [{ type: "spawn", slot: 2, generation: 2 }]);
  assertEquals(plan([...old, member(2, 2, "booting")], rolling), []);
});

Deno.test("a worker that dies while the canary is tried is replaced by the generation known to boot", () => {
  assertEquals(plan([member(0), member(2, 2, "booting")], goal({ rolling: 2 })), [
    { type: "spawn", slot: 1, generation: 1 },
  ]);
});

Deno.test("after the canary: an old worker goes only when the ready ones make up the target without it", () => {
  const serving = goal({ serving: 2 });
  const old = [member(0), member(1)];
  assertEquals(plan([...old, member(2, 2, "booting")], serving), []);
  // The next new worker may boot while the first old one drains.
  assertEquals(plan([...old, member(2, 2)], serving), [
    { type: "drain", slot: 1 },
    { type: "spawn", slot: 3, generation: 2 },
  ]);
});

Deno.test("target 0 drains everybody and tries no canary", () => {
  assertEquals(plan([member(0)], goal({ target: 0, rolling: 2 })), [{ type: "drain", slot: 0 }]);
});

/** Performs the plan's actions; workers that boot and drain do so when `event` picks them. */
function perform(members: Member[], actions: PoolAction[]): Member[] {
  for (const action of actions) {
    if (action.type === "spawn") members = [...members, member(action.slot, action.generation, "booting")];
    else members = members.map((m) => m.slot === action.slot ? { ...m, is: "leaving" } : m);
  }
  return members;
}

const events = fc.array(
  fc.oneof(
    fc.record({ type: fc.constantFrom("ready", "gone", "die"), pick: fc.nat(20) }),
    fc.record({ type: fc.constant("target"), pick: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ type: fc.constantFrom("roll", "promote", "abandon"), pick: fc.constant(0) }),
  ),
  { maxLength: 60 },
);

Deno.test("property: whatever happens, slots are unique, readiness is kept, and calm ends at the target", () => {
  fc.assert(
    fc.property(events, (history) => {
      let members: Member[] = [];
      let current = goal();
      let last = 1;
      const settle = () => {
        const ready = members.filter((m) => m.is === "ready").length;
        const actions = plan(members, current);
        const drained = actions.filter((a) =>
          a.type === "drain" && members.find((m) => m.slot === a.slot)?.is === "ready"
        ).length;
        assert(
          ready - drained >= Math.min(ready, current.target),
          "a plan takes no needed ready worker away",
        );
        members = perform(members, actions);
        assertEquals(new Set(members.map((m) => m.slot)).size, members.length, "slots are unique");
      };
      const react = (type: string, pick: number) => {
        const candidates = members.filter((m) =>
          type === "ready" ? m.is === "booting" : type === "gone" ? m.is === "leaving" : true
        );
        const chosen = candidates[pick % Math.max(1, candidates.length)];
        if (type === "target") current = { ...current, target: pick };
        else if (type === "roll" && current.rolling === null) current = { ...current, rolling: ++last };
        else if (type === "abandon") {
          members = members.map((m) => m.generation === current.rolling ? { ...m, is: "leaving" } : m);
          current = { ...current, rolling: null };
        } else if (type === "promote" && current.rolling !== null) {
          if (members.some((m) => m.generation === current.rolling && m.is === "ready")) {
            current = { ...current, serving: current.rolling, rolling: null };
          }
        } else if (chosen !== undefined && type === "ready") {
          members = members.map((m) => m === chosen ? { ...m, is: "ready" } : m);
        } else if (chosen !== undefined && (type === "gone" || type === "die")) {
          members = members.filter((m) => m !== chosen);
        }
      };
      settle();
      for (const { type, pick } of history) {
        react(type, pick);
        settle();
      }
      // Calm: everything boots and drains, a canary is promoted.
      for (let round = 0; round < 40; round++) {
        react("ready", 0);
        react("gone", 0);
        react("promote", 0);
        settle();
      }
      assertEquals(
        members.map((m) => [m.generation, m.is]),
        Array(current.target).fill([current.serving, "ready"]),
      );
    }),
    { numRuns: 300 },
  );
});
