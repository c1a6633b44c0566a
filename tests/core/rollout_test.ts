import { type Rollout, type RolloutEvent, stepRollout } from "../../src/core/rollout.ts";
import { assertEquals } from "../assert.ts";

function follow(events: RolloutEvent[], from: Rollout = { is: "settled", serving: 1, last: 1 }) {
  const actions: string[] = [];
  for (const event of events) {
    const step = stepRollout(from, event);
    from = step.rollout;
    actions.push(...step.actions.map((action) => `${action.type} ${action.generation}`));
  }
  return { rollout: from, actions };
}

Deno.test("a reload builds, tries a canary and promotes it", () => {
  const { rollout, actions } = follow([
    { type: "reload" },
    { type: "built", generation: 2 },
    { type: "canary-ready", generation: 2 },
  ]);
  assertEquals(actions, ["build 2", "promote 2"]);
  assertEquals(rollout, { is: "settled", serving: 2, last: 2 });
});

Deno.test("a build that fails leaves the old generation serving and does not lend its number", () => {
  const { rollout, actions } = follow([
    { type: "reload" },
    { type: "build-failed", generation: 2 },
    { type: "reload" },
  ]);
  assertEquals(actions, ["build 2", "build 3"]);
  assertEquals(rollout, { is: "building", serving: 1, next: 3, again: false });
});

Deno.test("a canary that fails is abandoned", () => {
  const { rollout, actions } = follow([
    { type: "reload" },
    { type: "built", generation: 2 },
    { type: "canary-failed", generation: 2 },
  ]);
  assertEquals(actions, ["build 2", "abandon 2"]);
  assertEquals(rollout, { is: "settled", serving: 1, last: 2 });
});

Deno.test("reloads while one is being built are gathered into one more build", () => {
  const { actions } = follow([
    { type: "reload" },
    { type: "reload" },
    { type: "reload" },
    { type: "built", generation: 2 },
    { type: "built", generation: 3 },
    { type: "canary-ready", generation: 3 },
  ]);
  assertEquals(actions, ["build 2", "build 3", "promote 3"]);
});

Deno.test("a reload while a canary is tried abandons it for newer code", () => {
  const { rollout, actions } = follow([
    { type: "reload" },
    { type: "built", generation: 2 },
    { type: "reload" },
    // The old canary comes up after all: too late.
    { type: "canary-ready", generation: 2 },
    { type: "built", generation: 3 },
  ]);
  assertEquals(actions, ["build 2", "abandon 2", "build 3"]);
  assertEquals(rollout, { is: "canary", serving: 1, next: 3 });
});

Deno.test("events of a generation that is not under way change nothing", () => {
  const settled: Rollout = { is: "settled", serving: 4, last: 5 };
  const { rollout, actions } = follow([
    { type: "built", generation: 5 },
    { type: "canary-ready", generation: 4 },
    { type: "canary-failed", generation: 5 },
  ], settled);
  assertEquals(rollout, settled);
  assertEquals(actions, []);
});
