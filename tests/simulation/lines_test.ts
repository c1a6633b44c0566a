import { assert } from "../assert.ts";
import { durations } from "./lines.ts";

/** The 99th percentile with a load of 60 %. */
function p99(workers: number, choose: Parameters<typeof durations>[0]["choose"]): number {
  const all = durations({ workers, perSecond: 70 * workers, work: 8.5, requests: 40_000, choose });
  return all[Math.floor(all.length * 0.99)]!;
}

for (const workers of [2, 4]) {
  Deno.test(`idle workers first, ${workers} workers: far better than at random, and nearly one queue`, () => {
    const [random, queue, looks] = [
      p99(workers, "at random"),
      p99(workers, "one queue"),
      p99(workers, { looks: 1 }),
    ];
    assert(looks < 0.7 * random, `p99 ${looks} against ${random} at random`);
    assert(looks < (workers === 2 ? 1.1 : 1.4) * queue, `p99 ${looks} against ${queue} with one queue`);
  });
}
