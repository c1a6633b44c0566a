import fc from "fast-check";
import { jitter, longestDelay, retryDelay } from "../../../src/core/tasks/retry.ts";
import { assert, assertEquals } from "../../assert.ts";

Deno.test("the delay before a retry doubles with each attempt, and a part of it is random", () => {
  assertEquals([1, 2, 3, 4].map((attempt) => retryDelay(attempt, 1000, 0)), [500, 1000, 2000, 4000]);
  assertEquals([1, 2, 3, 4].map((attempt) => retryDelay(attempt, 1000, 0.9999)), [999, 1999, 3999, 7999]);
});

Deno.test("a delay is never longer than the doubled one, nor shorter than what is not random of it", () => {
  const bases = fc.integer({ min: 0, max: 3_600_000 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), bases, fc.double({ min: 0, max: 0.999, noNaN: true }), (
      attempt,
      backoff,
      random,
    ) => {
      const delay = retryDelay(attempt, backoff, random);
      const longest = Math.min(backoff * 2 ** (attempt - 1), longestDelay);
      assert(delay <= longest && delay >= Math.floor(longest * (1 - jitter)));
    }),
  );
});

Deno.test("no delay is longer than 30 days, however many attempts there were", () => {
  const bases = fc.integer({ min: 1, max: 2_147_483_647 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 101 }), bases, fc.double({ min: 0, max: 0.999, noNaN: true }), (
      attempt,
      backoff,
      random,
    ) => assert(retryDelay(attempt, backoff, random) <= longestDelay)),
  );
  assertEquals(longestDelay, 30 * 86_400_000);
  assertEquals([retryDelay(101, 1000, 0), retryDelay(101, 1000, 0.9999999999)], [
    longestDelay / 2,
    longestDelay - 1,
  ]);
});
