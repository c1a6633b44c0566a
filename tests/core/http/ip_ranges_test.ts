import fc from "fast-check";
import { addressBytes, inRanges, isRange } from "../../../src/core/http/ip_ranges.ts";
import { assert, assertEquals } from "../../assert.ts";

Deno.test("every spelling of an address has the same bytes", () => {
  const same = (one: string, other: string) =>
    assertEquals(addressBytes(one), addressBytes(other), `${one} ${other}`);
  same("::1", "0:0:0:0:0:0:0:1");
  same("192.0.2.1", "::ffff:192.0.2.1");
  same("192.0.2.1", "::FFFF:c000:201");
  same("2001:DB8::", "2001:db8:0:0::0");
  for (const text of ["", "1.2.3", "256.1.1.1", "010.0.0.1", ":::", "g::1", "1::2::3", "a", "1.2.3.4:80"]) {
    assertEquals([text, addressBytes(text)], [text, null]);
  }
});

Deno.test("a range contains what begins with its bits", () => {
  const isIn = inRanges(["10.0.0.0/8", "192.0.2.128/25", "::1", "2001:db8::/33"]);
  for (const text of ["10.255.0.1", "::ffff:10.0.0.1", "192.0.2.200", "::1", "2001:db8:7fff::1"]) {
    assert(isIn(text), text);
  }
  for (const text of ["11.0.0.1", "192.0.2.1", "::2", "2001:db8:8000::1", "garbage", ""]) {
    assert(!isIn(text), text);
  }
  assert(inRanges(["*"])("203.0.113.9"));
  assert(!inRanges([])("127.0.0.1"));
});

Deno.test("a length beyond that of the address is not a range", () => {
  for (const text of ["10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/8/8", "x/8"]) {
    assert(!isRange(text), text);
  }
  for (const text of ["*", "10.0.0.0/0", "::/0", "10.0.0.1"]) assert(isRange(text), text);
});

Deno.test("an address is in the range of each of its own lengths", () => {
  fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(128), (address, length) => {
    const most = address.includes(":") ? 128 : 32;
    assert(inRanges([`${address}/${Math.min(length, most)}`])(address));
  }));
});
