import * as fc from "fast-check";
import {
  initialTaskScaling,
  scaleTasks,
  type TaskLimits,
  type TaskLoad,
} from "../../../src/core/tasks/task_scaling.ts";
import { assert, assertEquals } from "../../assert.ts";

const limits: TaskLimits = { min: 1, max: 4, concurrency: 10, backlog: 10, idleTimeout: 10_000 };
const calm: TaskLoad = { at: 0, ready: 2, running: 0, waiting: 0, oldest: 0 };

function next(target: number, load: Partial<TaskLoad>, before = initialTaskScaling) {
  return scaleTasks(before, target, { ...calm, ready: target, ...load }, limits);
}

Deno.test("more tasks waiting than task-backlog add a worker at once, one more not", () => {
  assertEquals(next(2, { running: 20, waiting: 11 }).target, 3);
  assertEquals(next(2, { running: 20, waiting: 11 }).reason, "11 tasks waiting, more than task-backlog 10");
  assertEquals(next(2, { running: 20, waiting: 10 }).target, 2);
});

Deno.test("the next worker follows when the last one has had time to take tasks", () => {
  assertEquals(next(3, { ready: 2, running: 20, waiting: 100 }).target, 3);
  assertEquals(next(3, { ready: 3, running: 30, waiting: 90 }).target, 4);
  assertEquals(next(4, { running: 40, waiting: 1_000 }).target, 4, "not beyond max-task-workers");
});

Deno.test("a task that waits for long although all workers are full adds a worker", () => {
  const load = { running: 20, waiting: 1, oldest: 5_000 };
  assertEquals(next(2, load).target, 3);
  assertEquals(next(2, { ...load, running: 19 }).target, 2, "a worker is about to take it");
  assertEquals(next(2, { ...load, oldest: 4_999 }).target, 2);
});

Deno.test("a worker goes after fewer would have been enough for idle-timeout", () => {
  const first = next(3, { at: 1_000, running: 16 });
  assertEquals([first.target, first.scaling.calmSince], [3, 1_000]);
  const later = next(3, { at: 10_999, running: 16 }, first.scaling);
  assertEquals(later.target, 3);
  assertEquals(next(3, { at: 11_000, running: 16 }, later.scaling).target, 2);
  assertEquals(next(3, { at: 11_000, running: 17 }, later.scaling).scaling, initialTaskScaling);
  assertEquals(next(3, { at: 11_000, waiting: 1 }, later.scaling).scaling, initialTaskScaling);
});

Deno.test("a target outside the range moves into it", () => {
  assertEquals(next(7, {}).reason, "outside min-task-workers 1 to max-task-workers 4");
  assertEquals(next(0, {}).target, 1);
});

Deno.test("the target stays in the range, changes by one at most, and never falls while tasks wait", () => {
  const load = fc.record({
    at: fc.nat(1e6),
    ready: fc.nat(5),
    running: fc.nat(60),
    waiting: fc.nat(100),
    oldest: fc.nat(60_000),
  });
  fc.assert(fc.property(fc.array(load), fc.integer({ min: 1, max: 4 }), (loads, start) => {
    let target = start;
    let scaling = initialTaskScaling;
    for (const sample of loads) {
      const outcome = scaleTasks(scaling, target, sample, limits);
      assert(outcome.target >= limits.min && outcome.target <= limits.max);
      assert(Math.abs(outcome.target - target) <= 1);
      if (sample.waiting > 0) assert(outcome.target >= target);
      assertEquals(outcome.reason === null, outcome.target === target);
      ({ scaling, target } = outcome);
    }
  }));
});
