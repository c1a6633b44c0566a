import * as fc from "fast-check";
import { leastHeap, shareOfHeap } from "../../../src/core/pool/heap_limit.ts";
import { assert, assertEquals } from "../../assert.ts";

const megabyte = 1024 ** 2;

function share(megabytes: number, workers: number, surge = 1) {
  const { limit, fits } = shareOfHeap({ memory: megabytes * megabyte, workers, surge });
  return [limit === null ? null : limit / megabyte, fits];
}

Deno.test("heap limit: workers share what the master, the kernel and the rest of each worker leave", () => {
  // (0.9 * 400 - 64 - 3 * 48) / 2
  assertEquals(share(400, 2), [76, true]);
  assertEquals(share(512, 1), [300, true]);
  assertEquals(share(1024, 4), [154, true]);
  assertEquals(share(1024, 4, 4), [118, true]);
});

Deno.test("heap limit: more workers than memory get the least each, and it is known not to fit", () => {
  assertEquals(share(256, 2), [64, false]);
  assertEquals(share(16, 1), [64, false]);
  assertEquals(share(0, 1), [64, false]);
  assertEquals(share(1024, 1024), [64, false]);
});

Deno.test("heap limit: never more than the runtime allows by itself", () => {
  assertEquals(share(4096, 1), [3526, true]);
  assertEquals(share(64 * 1024, 2), [null, true]);
});

Deno.test("heap limit: where it fits, everything together stays within the memory", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 36 }),
      fc.integer({ min: 1, max: 1024 }),
      fc.integer({ min: 1, max: 64 }),
      (memory, workers, surge) => {
        const { limit, fits } = shareOfHeap({ memory, workers, surge });
        if (limit === null) return;
        assert(limit >= leastHeap && limit % megabyte === 0);
        if (fits) assert(workers * limit + (workers + surge) * 48 * megabyte + 64 * megabyte <= memory * 0.9);
      },
    ),
  );
});
