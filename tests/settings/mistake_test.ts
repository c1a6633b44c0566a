import fc from "fast-check";
import { quote, unknownName } from "../../src/settings/mistake.ts";
import { assert, assertEquals } from "../assert.ts";

Deno.test("values are quoted so that their kind can be seen", () => {
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  const cases: readonly (readonly [given: unknown, quoted: string])[] = [
    ["4", '"4"'],
    [4, "4"],
    ["", '""'],
    [NaN, "NaN"],
    [undefined, "undefined"],
    [null, "null"],
    [{ a: [1] }, '{"a":[1]}'],
    [4n, "4"],
    [() => {}, "a function"],
    [Symbol("s"), "Symbol(s)"],
    [circular, "an object"],
  ];
  for (const [given, quoted] of cases) assertEquals(quote(given), quoted);
});

Deno.test("a terminal gets no control characters, and no more than a line", () => {
  assertEquals(quote("a\nb\x1b[31m\x7f\x9b\u2028"), '"a\\nb\\u001b[31m\\u007f\\u009b\\u2028"');
  assertEquals(quote("x".repeat(500)).length, 80);
  assertEquals(
    unknownName("a\nb", "environment", undefined, "x").message,
    "a\\nb (environment) is unknown: x",
  );
  fc.assert(fc.property(fc.anything(), (given) => {
    const quoted = quote(given);
    assert(quoted.length <= 80 && !/[\p{Cc}\u2028\u2029]/u.test(quoted), quoted);
  }));
});
