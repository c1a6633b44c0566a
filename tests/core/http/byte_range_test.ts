import fc from "fast-check";
import { byteRange } from "../../../src/core/http/byte_range.ts";
import { assert, assertEquals } from "../../assert.ts";

Deno.test("one range of bytes is found as it is asked for", () => {
  assertEquals(byteRange("bytes=0-0", 10), { first: 0, last: 0 });
  assertEquals(byteRange("bytes=2-4", 10), { first: 2, last: 4 });
  assertEquals(byteRange("bytes=2-", 10), { first: 2, last: 9 });
  assertEquals(byteRange("bytes=2-99", 10), { first: 2, last: 9 });
  assertEquals(byteRange("bytes=-3", 10), { first: 7, last: 9 });
  assertEquals(byteRange("bytes=-99", 10), { first: 0, last: 9 });
  assertEquals(byteRange("Bytes= 2-4 ", 10), { first: 2, last: 4 });
});

Deno.test("what is not in the file cannot be satisfied", () => {
  for (const range of ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=99999999999999999999-"]) {
    assertEquals(byteRange(range, 10), "unsatisfiable", range);
  }
  assertEquals(byteRange("bytes=-1", 0), "unsatisfiable");
  assertEquals(byteRange("bytes=0-", 0), "unsatisfiable");
});

Deno.test("what is not valid, of another unit or several ranges means the whole file", () => {
  const ranges = [
    "",
    "bytes",
    "bytes=",
    "bytes=-",
    "bytes=a-b",
    "bytes=4-2",
    "bytes=0-1,3-4",
    "lines=0-1",
    "bytes=1",
    "bytes=+1-2",
  ];
  for (const range of [null, ...ranges]) assertEquals(byteRange(range, 10), null, String(range));
});

Deno.test("a range is in the file, whatever is asked for", () => {
  const number = fc.option(fc.nat({ max: 200 }), { nil: "" });
  fc.assert(fc.property(number, number, fc.nat({ max: 100 }), (from, to, size) => {
    const range = byteRange(`bytes=${from}-${to}`, size);
    if (range === null || range === "unsatisfiable") return;
    assert(0 <= range.first && range.first <= range.last && range.last < size);
  }));
});
