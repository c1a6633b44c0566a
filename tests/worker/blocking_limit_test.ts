import { BlockingLimit } from "../../src/worker/blocking_limit.ts";
import { assertEquals } from "../assert.ts";
import { FakeSystem } from "../fakes/fake_system.ts";

function start(timeout: number) {
  const { processes, clock, blockingLimits } = new FakeSystem();
  const limits = { bootTimeout: 60_000, timeout, gracefulTimeout: 40_000, shutdownTimeout: 5_000 };
  return { clock, blockingLimits, limit: new BlockingLimit(processes, clock, limits) };
}

Deno.test("a worker may be blocked for a second longer than its master allows", async () => {
  const { clock, blockingLimits, limit } = start(30_000);
  await clock.advance(500);
  assertEquals(blockingLimits.splice(0), [61_000, 61_000, 61_000]);
  limit.startServing();
  await clock.advance(10_000);
  assertEquals(blockingLimits.splice(0), [31_000], "only heartbeats extend it now");
  limit.extend();
  limit.startDraining();
  limit.extend();
  assertEquals(blockingLimits, [31_000, 47_000, 47_000]);
});

Deno.test("with a timeout of 0 a worker that serves may be blocked for ever, one that drains not", () => {
  const { blockingLimits, limit } = start(0);
  limit.startServing();
  limit.startDraining();
  assertEquals(blockingLimits, [61_000, 0, 47_000]);
});
