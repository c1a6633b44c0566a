import { countedBefore } from "../../../src/core/telemetry/counted_before.ts";
import { ServerCounters } from "../../../src/master/telemetry/counters.ts";
import type { Scoreboard } from "../../../src/master/workers/scoreboard.ts";
import { assertEquals } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";
import { after, calmStatus } from "../../fakes/status.ts";

Deno.test("what an old master has counted counts, but not for a reader of differences, who got it from there", () => {
  const counters = new ServerCounters(new FakeSystem(), {} as Scoreboard);
  const requests = () => counters.gone.counters.requests;
  assertEquals([requests(), counters.since > calmStatus.countedSince], [0, true]);
  counters.carryOn(countedBefore(after(calmStatus, 3, 4))!);
  assertEquals([requests(), counters.alone(requests), requests()], [2, 0, 2]);
  assertEquals(counters.since, calmStatus.countedSince);
  counters.carryOn(countedBefore(after(calmStatus, 3, 4, 5))!);
  assertEquals(requests(), 3);
});
