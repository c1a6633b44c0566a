import { heapFlags, heapFlagsText, writtenHeapFlags } from "../../src/core/heap_flags.ts";
import { assertEquals } from "../assert.ts";

const megabyte = 1024 ** 2;

Deno.test("heap flags: at most a quarter is for new objects, and no more than V8 gives them by itself", () => {
  const values = (megabytes: number) =>
    heapFlags(megabytes * megabyte).map((flag) => Number(flag.split("=")[1]));
  assertEquals(values(0), [0, 0]);
  assertEquals(values(64), [64, 5]);
  assertEquals(values(100), [100, 8]);
  assertEquals(values(384), [384, 32]);
  assertEquals(values(1024 ** 2), [1024 ** 2, 32]);
  assertEquals(heapFlags(100.9 * megabyte), heapFlags(100 * megabyte));
});

Deno.test("heap flags: the text in a program always has the same length, and can be found", () => {
  const texts = [0, 64, 1024 ** 2].map((megabytes) => heapFlagsText(megabytes * megabyte));
  for (const text of texts) {
    assertEquals(text.length, texts[0]!.length);
    assertEquals(text.replace(writtenHeapFlags, ""), "");
    assertEquals(JSON.parse(`[${text}]`).length, 2);
  }
});
