import { StandingCounters } from "../../../src/master/telemetry/standing_counters.ts";
import { assertEquals } from "../../assert.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";
import { after, calmStatus } from "../../fakes/status.ts";

Deno.test("counters that a successor has read stand still, what is now is shown", async () => {
  const clock = new FakeClock();
  const standing = new StandingCounters(clock);
  assertEquals(standing.of(calmStatus, "upgrading"), calmStatus);
  standing.stand(calmStatus);
  const later = after({ ...calmStatus, generation: 2 }, 3, 4);
  const shown = standing.of({ ...later, totals: { ...later.totals, inFlight: 7 } }, "upgrading");
  assertEquals([shown.generation, shown.totals.inFlight, shown.totals.requests], [
    2,
    7,
    calmStatus.totals.requests,
  ]);
  await clock.advance(5_000);
  assertEquals(standing.of(later, "running"), later, "the upgrade has failed");
  assertEquals(standing.of(later, "retiring").totals.requests, calmStatus.totals.requests);
});
