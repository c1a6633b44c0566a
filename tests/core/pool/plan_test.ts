import fc from "fast-check";
import type { Goal, Member } from "../../../src/core/pool/goal.ts";
import { plan, type PoolAction, surgeOf } from "../../../src/core/pool/plan.ts";
import { assert, assertEquals } from "../../assert.ts";

const goal = (over: Partial<Goal> = {}): Goal => ({
  target: 2,
  spares: 0,
  serving: 1,
  canary: null,
  isRevival: false,
  paused: false,
  surge: 1,
  maySpawn: true,
  ...over,
});
const member = (slot: number, generation = 1, is: Member["is"] = "ready"): Member => ({
  slot,
  generation,
  is,
  dueForRecycling: false,
});
const dueForRecycling = (slot: number, generation = 1): Member => ({
  ...member(slot, generation),
  dueForRecycling: true,
});

Deno.test("an empty pool starts all its workers at once, in the lowest slots", () => {
  assertEquals(plan([], goal({ target: 3 })), [
    { type: "spawn", slot: 0, generation: 1 },
    { type: "spawn", slot: 1, generation: 1 },
    { type: "spawn", slot: 2, generation: 1 },
  ]);
});

Deno.test("a missing worker gets the lowest free slot, not the slot of one that is still leaving", () => {
  assertEquals(plan([member(1), member(0, 1, "leaving")], goal()), [{
    type: "spawn",
    slot: 2,
    generation: 1,
  }]);
});

Deno.test("back-off delays replacements", () => {
  assertEquals(plan([member(0)], goal({ maySpawn: false })), []);
});

Deno.test("too many workers: booting ones are drained first, then the highest slots", () => {
  const members = [member(0), member(1), member(2, 1, "booting"), member(3)];
  assertEquals(plan(members, goal({ target: 2 })), [{ type: "drain", slot: 2 }, { type: "drain", slot: 3 }]);
});

Deno.test("too many workers: of the ready ones the one with the least load is drained first", () => {
  const members = [5, 2, 7].map((load, slot) => ({ ...member(slot), load }));
  assertEquals(plan(members, goal({ target: 2 })), [{ type: "drain", slot: 1 }]);
  const booting = { ...member(3, 1, "booting"), load: 9 };
  assertEquals(plan([...members, booting], goal({ target: 3 })), [{ type: "drain", slot: 3 }]);
});

Deno.test("a rollout starts one canary and keeps every old worker", () => {
  const trying = goal({ canary: 2 });
  const old = [member(0), member(1)];
  assertEquals(plan(old, trying), [{ type: "spawn", slot: 2, generation: 2 }]);
  assertEquals(plan([...old, member(2, 2, "booting")], trying), []);
});

Deno.test("after all workers were drained a reload starts only its canary until that is ready", () => {
  const reviving = goal({ target: 0, isRevival: true });
  assertEquals(plan([], reviving), []);
  assertEquals(plan([], { ...reviving, canary: 2 }), [{ type: "spawn", slot: 0, generation: 2 }]);
  assertEquals(plan([member(0, 1, "leaving"), member(1, 2, "booting")], { ...reviving, canary: 2 }), []);
});

Deno.test("a worker that dies while the canary boots is replaced by one of the generation that is known to boot", () => {
  assertEquals(plan([member(0), member(2, 2, "booting")], goal({ canary: 2 })), [
    { type: "spawn", slot: 1, generation: 1 },
  ]);
});

Deno.test("after the canary: an old worker is drained only when enough others are ready to meet the target", () => {
  const serving = goal({ serving: 2 });
  const old = [member(0), member(1)];
  assertEquals(plan([...old, member(2, 2, "booting")], serving), []);
  // The next new worker may boot while the first old one drains.
  assertEquals(plan([...old, member(2, 2)], serving), [
    { type: "drain", slot: 1 },
    { type: "spawn", slot: 3, generation: 2 },
  ]);
});

Deno.test("as many new workers boot at once as the surge allows, and each replaces an old one", () => {
  const serving = goal({ serving: 2, target: 4, surge: 2 });
  const old = [0, 1, 2, 3].map((slot) => member(slot));
  const spawn = (slot: number) => ({ type: "spawn", slot, generation: 2 } as const);
  const drain = (slot: number) => ({ type: "drain", slot } as const);
  assertEquals(plan([...old, member(4, 2)], serving), [drain(3), spawn(5), spawn(6)]);
  const booting = [member(4, 2), member(5, 2, "booting"), member(6, 2, "booting")];
  assertEquals(plan([...old.slice(0, 3), ...booting], serving), []);
  const ready = [member(4, 2), member(5, 2), member(6, 2)];
  assertEquals(plan([...old.slice(0, 3), ...ready], serving), [drain(2), drain(1), spawn(3)]);
});

Deno.test("a paused rollout replaces no worker and starts missing ones from the stable generation", () => {
  const paused = goal({ serving: 1, target: 3, paused: true });
  assertEquals(plan([member(0), member(3, 2), member(4, 2)], paused), []);
  assertEquals(plan([member(3, 2), member(4, 2)], paused), [{ type: "spawn", slot: 0, generation: 1 }]);
  assertEquals(plan([member(0), member(1), member(3, 2), member(4, 2)], paused), [{
    type: "drain",
    slot: 1,
  }]);
});

Deno.test("a percentage of the target is rounded down, but at least one worker can be replaced", () => {
  const targets = [0, 1, 4, 7, 8, 100];
  assertEquals(targets.map((target) => surgeOf({ percent: 25 }, target)), [1, 1, 1, 1, 2, 25]);
  assertEquals(targets.map((target) => surgeOf({ workers: 3 }, target)), Array(6).fill(3));
});

Deno.test("target 0 drains all workers and starts no canary", () => {
  assertEquals(plan([member(0)], goal({ target: 0, canary: 2 })), [{ type: "drain", slot: 0 }]);
});

Deno.test("a worker due for recycling serves until its replacement is ready, and no other is drained", () => {
  const before = [dueForRecycling(0), member(1)];
  assertEquals(plan(before, goal()), [{ type: "spawn", slot: 2, generation: 1 }]);
  assertEquals(plan([...before, member(2, 1, "booting")], goal()), []);
  assertEquals(plan([...before, member(2)], goal()), [{ type: "drain", slot: 0 }]);
  assertEquals(plan([member(1), member(2), { ...dueForRecycling(0), is: "leaving" }], goal()), []);
});

Deno.test("during back-off a worker due for recycling keeps serving", () => {
  assertEquals(plan([dueForRecycling(0), member(1)], goal({ maySpawn: false })), []);
});

Deno.test("too many workers: one due for recycling is drained first, without a replacement", () => {
  const members = [dueForRecycling(0), member(1), member(2)];
  assertEquals(plan(members, goal()), [{ type: "drain", slot: 0 }]);
  assertEquals(plan(members, goal({ canary: 2 }))[0], { type: "drain", slot: 0 });
});

Deno.test("a reload replaces a worker due for recycling together with its generation", () => {
  const members = [dueForRecycling(0), member(1)];
  assertEquals(plan(members, goal({ canary: 2 })), [{ type: "spawn", slot: 2, generation: 2 }]);
  assertEquals(plan([...members, member(2, 2)], goal({ serving: 2 }))[0], { type: "drain", slot: 0 });
});

/** Performs the actions of a plan. Booting and draining end only when an event picks the worker. */
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

Deno.test("property: for any history slots are unique, no needed worker is drained, and the pool ends at the target", () => {
  fc.assert(
    fc.property(events, (history) => {
      let members: Member[] = [];
      let current = goal();
      let last = 1;
      const reconcile = () => {
        const ready = members.filter((m) => m.is === "ready").length;
        const actions = plan(members, current);
        const drained = actions.filter((a) =>
          a.type === "drain" && members.find((m) => m.slot === a.slot)?.is === "ready"
        ).length;
        assert(
          ready - drained >= Math.min(ready, current.target),
          "a plan drains no ready worker that is needed",
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
        else if (type === "roll" && current.canary === null) current = { ...current, canary: ++last };
        else if (type === "abandon") {
          members = members.map((m) => m.generation === current.canary ? { ...m, is: "leaving" } : m);
          current = { ...current, canary: null };
        } else if (type === "promote" && current.canary !== null) {
          if (members.some((m) => m.generation === current.canary && m.is === "ready")) {
            current = { ...current, serving: current.canary, canary: null };
          }
        } else if (chosen !== undefined && type === "ready") {
          members = members.map((m) => m === chosen ? { ...m, is: "ready" } : m);
        } else if (chosen !== undefined && (type === "gone" || type === "die")) {
          members = members.filter((m) => m !== chosen);
        }
      };
      reconcile();
      for (const { type, pick } of history) {
        react(type, pick);
        reconcile();
      }
      // At the end everything boots and drains, and a canary is promoted.
      for (let round = 0; round < 40; round++) {
        react("ready", 0);
        react("gone", 0);
        react("promote", 0);
        reconcile();
      }
      assertEquals(
        members.map((m) => [m.generation, m.is]),
        Array(current.target).fill([current.serving, "ready"]),
      );
    }),
    { numRuns: 300 },
  );
});

const recyclingEvents = fc.array(
  fc.record({
    type: fc.constantFrom("due", "ready", "gone", "fail to boot", "back off", "release"),
    pick: fc.nat(20),
  }),
  { maxLength: 60 },
);

Deno.test("property: while workers are recycled one by one, the target is ready and at most one more exists", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), recyclingEvents, (target, history) => {
      let current = goal({ target });
      let members = Array.from({ length: target }, (_, slot) => member(slot));
      const wanted = () => members.filter((m) => m.is !== "leaving");
      const reconcile = () => {
        members = perform(members, plan(members, current));
        const ready = members.filter((m) => m.is === "ready").length;
        assert(ready >= target, `${ready} of ${target} are ready`);
        assert(wanted().length <= target + 1, `${wanted().length} for ${target}`);
      };
      const react = (type: string, pick: number) => {
        if (type === "back off" || type === "release") {
          current = { ...current, maySpawn: type === "release" };
          return;
        }
        // Like the master: one worker is marked, and the next one only when it has been replaced.
        const isCalm = wanted().length === target &&
          wanted().every((m) => m.is === "ready" && !m.dueForRecycling);
        const candidates = members.filter((m) =>
          type === "due" ? isCalm && m.is === "ready" : m.is === (type === "gone" ? "leaving" : "booting")
        );
        const chosen = candidates[pick % Math.max(1, candidates.length)];
        members = members.flatMap((m) =>
          m !== chosen
            ? [m]
            : type === "due"
            ? [{ ...m, dueForRecycling: true }]
            : type === "ready"
            ? [{ ...m, is: "ready" }]
            : []
        );
      };
      for (const { type, pick } of history) {
        react(type, pick);
        reconcile();
      }
      for (const type of ["release", "ready", "gone"]) {
        react(type, 0);
        reconcile();
      }
      assert(
        wanted().every((m) => m.is === "ready" && !m.dueForRecycling),
        "the worker that was due has been replaced",
      );
      assertEquals(wanted().length, target);
    }),
    { numRuns: 300 },
  );
});

Deno.test("property: any number of workers due for recycling are replaced one by one", () => {
  fc.assert(fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), (areDue) => {
    const target = areDue.length;
    let members = areDue.map((isDue, slot) => isDue ? dueForRecycling(slot) : member(slot));
    for (let round = 0; round <= target; round++) {
      for (const is of ["booting", "leaving"] as const) {
        members = perform(members, plan(members, goal({ target })));
        const count = (is: Member["is"]) => members.filter((m) => m.is === is).length;
        assert(count("ready") >= target && count("ready") + count("booting") <= target + 1);
        members = is === "booting"
          ? members.map((m) => m.is === is ? { ...m, is: "ready" } : m)
          : members.filter((m) => m.is !== is);
      }
    }
    assertEquals(members.map((m) => [m.is, m.dueForRecycling]), Array(target).fill(["ready", false]));
  }));
});

Deno.test("threads are drained process by process, that with the least load first", () => {
  const thread = (slot: number, process: number, load: number): Member => ({
    ...member(slot),
    process,
    load,
  });
  const members = [thread(0, 10, 1), thread(1, 11, 0), thread(2, 10, 1), thread(3, 11, 3)];
  assertEquals(plan(members, goal({ target: 2 })), [{ type: "drain", slot: 2 }, { type: "drain", slot: 0 }]);
  const equal = members.map((each) => ({ ...each, load: 0 }));
  assertEquals(plan(equal, goal({ target: 2 })), [{ type: "drain", slot: 3 }, { type: "drain", slot: 1 }]);
});
