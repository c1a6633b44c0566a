import fc from "fast-check";
import { failuresAt, isCrashLoop, noBackoff, recordDeath } from "../../../src/core/pool/backoff.ts";
import { assert, assertEquals } from "../../assert.ts";

function delaysOf(deaths: number, options: { workers?: number; gap?: number } = {}): number[] {
  const { workers = 1, gap = 0 } = options;
  let backoff = noBackoff;
  let now = 0;
  return Array.from({ length: deaths }, () => {
    now = Math.max(now, backoff.notBefore) + gap;
    backoff = recordDeath(backoff, "crash", workers, now, 0);
    return Math.round(backoff.notBefore - now);
  });
}

Deno.test("the first dead worker is replaced at once, later ones after growing delays", () => {
  const [first, second, third, fourth, fifth] = delaysOf(5) as [number, number, number, number, number];
  assertEquals(first, 0);
  assert(second >= 90 && second <= 110, `${second}`);
  assert(third > second && fourth > third && fifth > fourth, `${[second, third, fourth, fifth]}`);
});

Deno.test("no delay is longer than half a minute", () => {
  let backoff = noBackoff;
  for (let death = 0; death < 60; death++) backoff = recordDeath(backoff, "crash", 1, 0, 0);
  assertEquals(backoff.notBefore, 30_000);
  assertEquals(Math.max(...delaysOf(60)) <= 30_000, true);
});

Deno.test("every worker may die once without delay", () => {
  assertEquals(delaysOf(8, { workers: 8 }), [0, 0, 0, 0, 0, 0, 0, 0]);
  assert(delaysOf(9, { workers: 8 }).at(-1)! >= 100);
});

Deno.test("failures decay: after an hour the next dead worker is replaced at once", () => {
  let backoff = noBackoff;
  for (let death = 0; death < 10; death++) backoff = recordDeath(backoff, "crash", 1, 0, 0);
  assert(isCrashLoop(backoff, 1, 0));
  const later = 3_600_000;
  assert(!isCrashLoop(backoff, 1, later));
  assertEquals(recordDeath(backoff, "crash", 1, later, 0).notBefore, later);
});

Deno.test("four workers killed by SIGKILL forty times in twenty seconds are replaced at once", () => {
  let backoff = noBackoff;
  for (let death = 0; death < 40; death++) {
    backoff = recordDeath(backoff, "killed", 4, death * 500, 0.9);
    assertEquals(backoff.notBefore, death * 500);
  }
});

Deno.test("property: the count grows only by deaths, and the delay stays within its bounds", () => {
  const death = fc.record({
    after: fc.nat(120_000),
    killed: fc.boolean(),
    random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(death, { maxLength: 100 }), fc.integer({ min: 0, max: 64 }), (deaths, workers) => {
      let backoff = noBackoff;
      let now = 0;
      for (const { after, killed, random } of deaths) {
        now += after;
        const before = failuresAt(backoff, now);
        assert(before <= backoff.failures);
        backoff = recordDeath(backoff, killed ? "killed" : "crash", workers, now, random);
        assert(backoff.failures > before);
        assert(backoff.notBefore >= now || before === 0);
        assert(backoff.notBefore <= now + 30_000 * 1.2);
      }
    }),
  );
});
