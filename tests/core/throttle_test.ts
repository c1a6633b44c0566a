import { Throttle } from "../../src/core/throttle.ts";
import { assertEquals } from "../assert.ts";

Deno.test("one line per interval passes and reports how many were suppressed", () => {
  const throttle = new Throttle(1_000);
  const passed = [0, 10, 500, 999, 1_000, 1_001, 2_500].map((now) => throttle.pass(now));
  assertEquals(passed, [0, null, null, null, 3, null, 1]);
});
