import { refusedCoding } from "../../../src/core/http/transfer_coding.ts";
import { assertEquals } from "../../assert.ts";

Deno.test("only chunked is taken, once and last, and without a length", () => {
  const cases = [
    ["chunked", null],
    ["CHUNKED", null],
    [", chunked", null],
    ["chunked, chunked", 400],
    ["chunked, gzip", 400],
    ["identity", 400],
    ["", 400],
    ["gzip, chunked", 501],
    ["identity, chunked", 501],
  ] as const;
  for (const [codings, status] of cases) {
    assertEquals([codings, refusedCoding(codings, false)], [codings, status]);
  }
  assertEquals(refusedCoding("chunked", true), 400);
});
