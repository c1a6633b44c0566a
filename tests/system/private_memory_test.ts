import { parsePrivateMemory } from "../../src/system/private_memory.ts";
import { assertEquals } from "../assert.ts";

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

Deno.test("the memory of a process for itself is what is private, clean or dirty", () => {
  assertEquals(parsePrivateMemory(rollup), (780 + 29584) * 1024);
});

Deno.test("what tells no private memory gives none", () => {
  assertEquals(parsePrivateMemory(""), null);
  assertEquals(parsePrivateMemory("Private_Clean: 780 kB\n"), null);
});
