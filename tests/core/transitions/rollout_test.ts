import {
  candidateOf,
  isNeeded,
  type Rollout,
  type RolloutEvent,
  servingOf,
  stableOf,
  stepRollout,
} from "../../../src/core/transitions/rollout.ts";
import { assertEquals } from "../../assert.ts";

function follow(events: RolloutEvent[], from: Rollout = { is: "idle", serving: 1, last: 1 }) {
  const actions: string[] = [];
  for (const event of events) {
    const step = stepRollout(from, event);
    from = step.rollout;
    actions.push(...step.actions.map((action) => `${action.type} ${action.generation}`));
  }
  return { rollout: from, actions };
}

const rolling: RolloutEvent[] = [
  { type: "reload" },
  { type: "built", generation: 2 },
  { type: "canary-ready", generation: 2 },
];

Deno.test("a reload builds, starts a canary, promotes it, and ends when all others are replaced", () => {
  const { rollout, actions } = follow([...rolling, { type: "replaced", generation: 2 }]);
  assertEquals(actions, ["build 2", "promote 2"]);
  assertEquals(rollout, { is: "idle", serving: 2, last: 2 });
});

Deno.test("a rollout can still fail while workers are being replaced", () => {
  assertEquals(follow(rolling).rollout, { is: "rolling", from: 1, to: 2 });
  const { rollout, actions } = follow([...rolling, { type: "boot-failed", generation: 2 }]);
  assertEquals(actions, ["build 2", "promote 2", "abandon 2"]);
  assertEquals(rollout, { is: "idle", serving: 1, last: 2 });
});

Deno.test("a reload during a rollout pauses it and starts over from the same stable generation", () => {
  const again: RolloutEvent[] = [...rolling, { type: "reload" }];
  assertEquals(follow(again).rollout, { is: "building", serving: 1, next: 3, again: false, paused: true });
  // Also if it is requested several times.
  const { rollout, actions } = follow([
    ...again,
    { type: "reload" },
    { type: "reload" },
    { type: "boot-failed", generation: 2 },
    { type: "build-failed", generation: 3 },
    { type: "built", generation: 4 },
  ]);
  assertEquals(actions, [
    "build 2",
    "promote 2",
    "abandon 2",
    "build 3",
    "cancel 3",
    "cancel 3",
    "build 4",
  ]);
  assertEquals(rollout, { is: "canary", serving: 1, next: 4 });
  assertEquals(follow([{ type: "boot-failed", generation: 4 }], rollout).rollout, {
    is: "idle",
    serving: 1,
    last: 4,
  });
});

Deno.test("both generations of a rollout are needed, the stable one until all workers have been replaced", () => {
  const needed = (rollout: Rollout) => [1, 2, 3].filter((generation) => isNeeded(rollout, generation));
  const { rollout } = follow(rolling);
  assertEquals([servingOf(rollout), stableOf(rollout), candidateOf(rollout), needed(rollout)], [2, 1, 2, [
    1,
    2,
  ]]);
  const next = follow([{ type: "reload" }], rollout).rollout;
  assertEquals([servingOf(next), stableOf(next), candidateOf(next), needed(next)], [1, 1, null, [1, 3]]);
  const done = follow([{ type: "replaced", generation: 2 }], rollout).rollout;
  assertEquals([servingOf(done), stableOf(done), candidateOf(done), needed(done)], [2, 2, null, [2]]);
});

Deno.test("a failed build leaves the stable generation serving, and its number is not used again", () => {
  const { rollout, actions } = follow([
    { type: "reload" },
    { type: "build-failed", generation: 2 },
    { type: "reload" },
  ]);
  assertEquals(actions, ["build 2", "build 3"]);
  assertEquals(rollout, { is: "building", serving: 1, next: 3, again: false, paused: false });
});

Deno.test("a canary that does not boot is abandoned", () => {
  const { rollout, actions } = follow([
    { type: "reload" },
    { type: "built", generation: 2 },
    { type: "boot-failed", generation: 2 },
  ]);
  assertEquals(actions, ["build 2", "abandon 2"]);
  assertEquals(rollout, { is: "idle", serving: 1, last: 2 });
});

Deno.test("any number of reloads during a build lead to one more build", () => {
  const { actions } = follow([
    { type: "reload" },
    { type: "reload" },
    { type: "reload" },
    { type: "built", generation: 2 },
    { type: "built", generation: 3 },
    { type: "canary-ready", generation: 3 },
  ]);
  assertEquals(actions, ["build 2", "cancel 2", "cancel 2", "build 3", "promote 3"]);
});

Deno.test("a reload while a canary boots abandons it for newer code", () => {
  const { rollout, actions } = follow([
    { type: "reload" },
    { type: "built", generation: 2 },
    { type: "reload" },
    // The abandoned canary becomes ready after all: too late.
    { type: "canary-ready", generation: 2 },
    { type: "built", generation: 3 },
  ]);
  assertEquals(actions, ["build 2", "abandon 2", "build 3"]);
  assertEquals(rollout, { is: "canary", serving: 1, next: 3 });
});

Deno.test("events of a generation that is not the candidate are ignored", () => {
  const idle: Rollout = { is: "idle", serving: 4, last: 5 };
  const { rollout, actions } = follow([
    { type: "built", generation: 5 },
    { type: "canary-ready", generation: 4 },
    { type: "boot-failed", generation: 5 },
  ], idle);
  assertEquals(rollout, idle);
  assertEquals(actions, []);
});
