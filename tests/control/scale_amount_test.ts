import { isTarget, parseScaleAmount } from "../../src/control/scale_amount.ts";
import { assertEquals } from "../assert.ts";

Deno.test("a target has no sign, a change has one", () => {
  assertEquals(parseScaleAmount("7"), { to: 7 });
  assertEquals(parseScaleAmount(7), { to: 7 });
  assertEquals(parseScaleAmount("+7"), { by: 7 });
  assertEquals(parseScaleAmount("-7"), { by: -7 });
});

Deno.test("anything else, and numbers out of bounds, are refused", () => {
  for (
    const given of [
      "0",
      0,
      "1025",
      "-0",
      "+1025",
      "--1",
      "+-1",
      "1.0",
      " 1",
      "1 ",
      "99999",
      NaN,
      Infinity,
      -3,
    ]
  ) {
    assertEquals(parseScaleAmount(given), null, String(given));
  }
});

Deno.test("a target is a whole number within the bounds of workers", () => {
  assertEquals([0, 1, 1024, 1025, 1.5].map(isTarget), [false, true, true, false, false]);
});
