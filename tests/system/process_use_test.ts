import { parseCpuSeconds, parseOwnMemory, parsePageSize } from "../../src/system/process_use.ts";
import { assertEquals } from "../assert.ts";

const stat = (name: string) =>
  `4711 (${name}) S 1 4711 4711 0 -1 4194304 5000 0 0 0 250 50 0 0 20 0 9 0 123456 1000000 8000 18446744073709551615`;

Deno.test("the time a process took is read whatever its name is", () => {
  assertEquals(["denicorn", "a (b) c)", "x 1 2 3"].map((name) => parseCpuSeconds(stat(name))), [3, 3, 3]);
  assertEquals(["", "1 (x) S 1", "garbage"].map(parseCpuSeconds), [null, null, null]);
});

Deno.test("own memory is what is resident and of no file, in bytes", () => {
  assertEquals(parseOwnMemory("300000 22500 13750 20000 0 90000 0\n", 4096), 35_840_000);
  assertEquals(["", "12", "a b c"].map((text) => parseOwnMemory(text, 4096)), [null, null, null]);
});

Deno.test("the size of a page is found among what the kernel told at the start", () => {
  const auxv = (...words: readonly bigint[]) => new Uint8Array(new BigUint64Array(words).buffer);
  assertEquals(parsePageSize(auxv(16n, 1n, 6n, 65_536n, 0n, 0n)), 65_536);
  assertEquals(parsePageSize(auxv(16n, 6n, 0n, 0n)), null);
  assertEquals(parsePageSize(new Uint8Array(7)), null);
});
