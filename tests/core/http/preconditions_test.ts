import { checkPreconditions, isRangeWanted } from "../../../src/core/http/preconditions.ts";
import { assertEquals } from "../../assert.ts";

/** 2026-01-02 03:04:05.678 */
const current = { etag: '"one"', modifiedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678) };
const now = "Fri, 02 Jan 2026 03:04:05 GMT";
const before = "Fri, 02 Jan 2026 03:04:04 GMT";
const after = "Fri, 02 Jan 2026 03:04:06 GMT";

function check(headers: Readonly<Record<string, string>>, state = current): number {
  return checkPreconditions((name) => headers[name] ?? null, state);
}

Deno.test("If-None-Match compares weakly, and wins over a date", () => {
  assertEquals(check({ "if-none-match": '"one"' }), 304);
  assertEquals(check({ "if-none-match": 'W/"one"' }), 304);
  assertEquals(check({ "if-none-match": '"zero", W/"one" , "two"' }), 304);
  assertEquals(check({ "if-none-match": "*" }), 304);
  assertEquals(check({ "if-none-match": '"two"' }), 200);
  assertEquals(check({ "if-none-match": "one" }), 200);
  assertEquals(check({ "if-none-match": '"two"', "if-modified-since": after }), 200);
  assertEquals(check({ "if-none-match": '"a,one"' }, { ...current, etag: '"a,one"' }), 304);
});

Deno.test("If-Match compares strongly, and wins over a date", () => {
  assertEquals(check({ "if-match": '"one"' }), 200);
  assertEquals(check({ "if-match": "*" }), 200);
  assertEquals(check({ "if-match": 'W/"one"' }), 412);
  assertEquals(check({ "if-match": '"two"' }), 412);
  assertEquals(check({ "if-match": '"one"', "if-unmodified-since": before }), 200);
  assertEquals(check({ "if-match": '"one"', "if-none-match": '"one"' }), 304);
  assertEquals(check({ "if-match": 'W/"one"' }, { ...current, etag: 'W/"one"' }), 412);
});

Deno.test("dates are compared by seconds, in all three forms", () => {
  assertEquals(check({ "if-modified-since": now }), 304);
  assertEquals(check({ "if-modified-since": after }), 304);
  assertEquals(check({ "if-modified-since": before }), 200);
  assertEquals(check({ "if-unmodified-since": now }), 200);
  assertEquals(check({ "if-unmodified-since": before }), 412);
  assertEquals(check({ "if-modified-since": "Friday, 02-Jan-26 03:04:05 GMT" }), 304);
  assertEquals(check({ "if-modified-since": "Fri Jan  2 03:04:05 2026" }), 304);
});

Deno.test("what is no date is ignored", () => {
  for (const text of ["", "0", "tomorrow", "2026-01-02", "1767323045"]) {
    assertEquals(check({ "if-modified-since": text }), 200, text);
    assertEquals(check({ "if-unmodified-since": text }), 200, text);
  }
});

Deno.test("a range is sent only to who has a part of the same bytes", () => {
  assertEquals(isRangeWanted(null, current), true);
  assertEquals(isRangeWanted('"one"', current), true);
  assertEquals(isRangeWanted('W/"one"', current), false);
  assertEquals(isRangeWanted('"two"', current), false);
  assertEquals(isRangeWanted(now, current), true);
  assertEquals(isRangeWanted(before, current), false);
  assertEquals(isRangeWanted(after, current), false);
  assertEquals(isRangeWanted("nonsense", current), false);
});
