import {
  hasEnded,
  parseCpuSeconds,
  parseIdentity,
  parseOwnMemory,
  parsePageSize,
  parsePrivateMemory,
} from "../../../src/system/processes/proc_stat.ts";
import { assertEquals } from "../../assert.ts";

const stat = (name: string, state = "S", threads = 9) =>
  `4711 (${name}) ${state} 1 4711 4711 0 -1 4194304 5000 0 0 0 250 50 0 0 20 0 ${threads} 0 123456 1000000 8000`;

Deno.test("the CPU time of a process is found with any name of the process", () => {
  assertEquals(["denicorn", "a (b) c)", "x 1 2 3"].map((name) => parseCpuSeconds(stat(name))), [3, 3, 3]);
  assertEquals(["", "1 (x) S 1", "garbage"].map(parseCpuSeconds), [null, null, null]);
});

Deno.test("the group and session of a process are found with any name of the process", () => {
  const found = { name: "a (b) c) 1", hasEnded: false, parent: 1, group: 4711, session: 4711 };
  assertEquals(parseIdentity(stat("a (b) c) 1")), found);
  assertEquals(parseIdentity(""), null);
});

Deno.test("a zombie has ended, unless other threads of it still run", () => {
  const cases = [["S", 1], ["Z", 1], ["Z", 3]] as const;
  assertEquals(cases.map(([state, threads]) => hasEnded(stat("a) Z", state, threads))), [false, true, false]);
});

Deno.test("own memory is what is resident and not of a file, in bytes", () => {
  assertEquals(parseOwnMemory("300000 22500 13750 20000 0 90000 0\n", 4096), 35_840_000);
  assertEquals(["", "12", "a b c"].map((text) => parseOwnMemory(text, 4096)), [null, null, null]);
});

Deno.test("the size of a page is found in the auxiliary vector", () => {
  const auxv = (...words: readonly bigint[]) => new Uint8Array(new BigUint64Array(words).buffer);
  assertEquals(parsePageSize(auxv(16n, 1n, 6n, 65_536n, 0n, 0n)), 65_536);
  assertEquals(parsePageSize(auxv(16n, 6n, 0n, 0n)), null);
  assertEquals(parsePageSize(new Uint8Array(7)), null);
});

const rollup = `55d0c0000000-7ffd1c5f9000 ---p 00000000 00:00 0                          [rollup]
Rss:               72708 kB
Pss:               44720 kB
Shared_Clean:      42340 kB
Shared_Dirty:          4 kB
Private_Clean:       780 kB
Private_Dirty:     29584 kB
Private_Hugetlb:    2048 kB
Swap:                  0 kB
`;

Deno.test("private memory is what is private, clean or dirty", () => {
  assertEquals(parsePrivateMemory(rollup), (780 + 29584) * 1024);
});

Deno.test("pages of a file that no other process has are not private memory", () => {
  // A worker that is the only one started from a copy of the program.
  const single = rollup.replace("Private_Clean:       780 kB", "Private_Clean:     44100 kB");
  assertEquals(parsePrivateMemory(`${single}Anonymous:         29590 kB\n`), 29590 * 1024);
  assertEquals(parsePrivateMemory(`${rollup}Anonymous:         90000 kB\n`), (780 + 29584) * 1024);
});

Deno.test("a text without private memory gives null", () => {
  assertEquals(parsePrivateMemory(""), null);
  assertEquals(parsePrivateMemory("Private_Clean: 780 kB\n"), null);
});
