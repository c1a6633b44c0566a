import { ratioOf, type Spread, spreadOf, type Verdict, verdictOf } from "../../../bench/compare/summary.ts";
import { assertEquals } from "../../assert.ts";

Deno.test("a spread is the median and the range", () => {
  assertEquals(spreadOf([3, 1, 2]), { median: 2, least: 1, most: 3, rounds: 3 });
  assertEquals(spreadOf([4, 1, 2, 3]), { median: 2.5, least: 1, most: 4, rounds: 4 });
  assertEquals(spreadOf([]), undefined);
});

Deno.test("ratios are taken round by round, so that a slow round cancels out", () => {
  const own = [{ rate: 50 }, { rate: 5 }, { rate: 40 }];
  const other = [{ rate: 100 }, { rate: 10 }, { rate: 100 }];
  assertEquals(ratioOf(own, other, "rate"), { median: 0.5, least: 0.4, most: 0.5, rounds: 3 });
  assertEquals(ratioOf(own, other, "cpu"), undefined);
});

Deno.test("there is a winner only if all rounds agree", () => {
  const cases: readonly [Spread, "rate" | "cpu", Verdict][] = [
    [{ median: 1.1, least: 0.99, most: 1.2, rounds: 5 }, "rate", "within the noise"],
    [{ median: 1.1, least: 1.01, most: 1.2, rounds: 5 }, "rate", "better"],
    [{ median: 1.1, least: 1.01, most: 1.2, rounds: 5 }, "cpu", "worse"],
    [{ median: 0.9, least: 0.8, most: 0.99, rounds: 5 }, "cpu", "better"],
    [{ median: 0.9, least: 0.8, most: 1, rounds: 5 }, "rate", "within the noise"],
    [{ median: 0.9, least: 0.8, most: 0.99, rounds: 2 }, "rate", "within the noise"],
  ];
  for (const [spread, figure, verdict] of cases) assertEquals(verdictOf(spread, figure), verdict);
});
