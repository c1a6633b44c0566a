import {
  noChanges,
  recordOutcome,
  recordRestart,
  recordScaling,
} from "../../../src/core/telemetry/change_counters.ts";
import { assertEquals } from "../../assert.ts";

Deno.test("each event raises its own counter and no other", () => {
  let counters = recordRestart(noChanges, "hang");
  counters = recordRestart(recordRestart(counters, "max-memory"), "hang");
  assertEquals(counters.restarts, { ...noChanges.restarts, hang: 2, "max-memory": 1 });
  counters = recordOutcome(recordOutcome(counters, "reloads", "failed"), "upgrades", "succeeded");
  assertEquals([counters.reloads, counters.upgrades], [
    { succeeded: 0, failed: 1 },
    { succeeded: 1, failed: 0 },
  ]);
  assertEquals(recordScaling(recordScaling(counters, "up"), "up").scalings, { up: 2, down: 0 });
  assertEquals(counters.scalings, { up: 0, down: 0 });
});
