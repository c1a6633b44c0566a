import fc from "fast-check";
import { furthestLeaseEnd, LeaseWatch } from "../../../src/core/tasks/lease_watch.ts";
import { assert, assertEquals } from "../../assert.ts";

const lease = 30_000;

Deno.test("a process that has just begun waits a whole lease before it takes tasks from others", () => {
  const watch = new LeaseWatch(lease);
  const answers = [0, 10_000, 20_000, 29_999, 30_000, 40_000].map((at) => watch.canExpire(1e12 + at, at));
  assertEquals(answers, [false, false, false, false, true, true]);
});

Deno.test("after the wall clock was set, it waits a whole lease again", () => {
  for (const jump of [3_600_000, -3_600_000, 4000, -4000]) {
    const watch = settled();
    assert(watch.canExpire(1e12 + 40_000, 40_000));
    const answers = [50_000, 60_000, 70_000, 79_999, 80_000].map((at) =>
      watch.canExpire(1e12 + jump + at, at)
    );
    assertEquals(answers, [false, false, false, false, true], String(jump));
  }
});

Deno.test("small corrections of the wall clock change nothing, but many of them do", () => {
  const watch = settled();
  assert(watch.canExpire(1e12 + 42_000, 40_000));
  assertEquals(watch.canExpire(1e12 + 54_000, 50_000), false);
});

Deno.test("a process that was stopped waits for the others, which may have been stopped with it", () => {
  const watch = settled();
  assertEquals(watch.canExpire(1e12 + 90_000, 90_000), false);
  assertEquals(watch.canExpire(1e12 + 100_000, 100_000), false);
  assertEquals(watch.canExpire(1e12 + 110_000, 110_000), false);
  assertEquals(watch.canExpire(1e12 + 120_000, 120_000), true);
});

/** Has watched an even clock for a lease. */
function settled(): LeaseWatch {
  const watch = new LeaseWatch(lease);
  for (const at of [0, 10_000, 20_000, 30_000]) watch.canExpire(1e12 + at, at);
  return watch;
}

/** A wall clock that is set now and then; an owner that renews its lease until it dies; and one who watches it. */
const worlds = fc.record({
  jumps: fc.array(
    fc.record({ at: fc.integer({ min: 0, max: 600_000 }), by: fc.integer({ min: -1e8, max: 1e8 }) }),
    {
      maxLength: 6,
    },
  ),
  phase: fc.integer({ min: 0, max: 9999 }),
  watchedEvery: fc.integer({ min: 100, max: 10_000 }),
  diesAt: fc.integer({ min: 0, max: 600_000 }),
});

Deno.test("no clock that jumps makes a living owner look dead, and a dead one is found in the end", () => {
  fc.assert(
    fc.property(worlds, ({ jumps, phase, watchedEvery, diesAt }) => {
      const wallAt = (now: number) =>
        jumps.reduce((wall, { at, by }) => at <= now ? wall + by : wall, 1e12 + now);
      const watch = new LeaseWatch(lease);
      let leaseUntil = wallAt(0) + lease;
      let takenAt: number | null = null;
      for (let now = 0; now < 1_000_000 && takenAt === null; now++) {
        if (now < diesAt && now % 10_000 === phase) leaseUntil = wallAt(now) + lease;
        if (now % watchedEvery !== 0) continue;
        const wall = wallAt(now);
        if (leaseUntil > furthestLeaseEnd(wall, lease)) leaseUntil = wall + lease;
        if (watch.canExpire(wall, now) && leaseUntil < wall) takenAt = now;
      }
      const lastChange = Math.max(diesAt, ...jumps.map(({ at }) => at));
      assert(takenAt !== null, "it was not found");
      assert(takenAt >= diesAt, `it was taken to be dead at ${takenAt}`);
      assert(takenAt <= lastChange + 6 * lease, `it was found only at ${takenAt}`);
    }),
    { numRuns: 60 },
  );
});
