import { fingerprint } from "../../src/core/fingerprint.ts";
import { assertEquals } from "../assert.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("a fingerprint is MurmurHash3_x86_128", () => {
  assertEquals(fingerprint(encode("")), "00000000000000000000000000000000");
  assertEquals(
    fingerprint(encode("The quick brown fox jumps over the lazy dog")),
    "2f1583c3ecee2c675d7bf66ce5e91d2c",
  );
  assertEquals(
    fingerprint(encode("I will not buy this record, it is scratched.")),
    "a0a9683b25ac5e40d9af2895890dddf5",
  );
});

Deno.test("a fingerprint does not depend on where the bytes are in memory", () => {
  const text = encode("_0123456789012345678901234567890!");
  for (let start = 0; start < 8; start++) {
    assertEquals(fingerprint(text.subarray(start)), fingerprint(text.slice(start)));
  }
});

Deno.test("each bit of the data changes the fingerprint", () => {
  const data = encode("0123456789012345678901234567890!");
  const all = new Set([fingerprint(data)]);
  for (let bit = 0; bit < data.length * 8; bit++) {
    const changed = data.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    all.add(fingerprint(changed));
  }
  assertEquals(all.size, data.length * 8 + 1);
});
