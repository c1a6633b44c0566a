import {
  noRestarts,
  recordOutcome,
  recordRestart,
  recordScaling,
} from "../../../src/core/telemetry/restart_counters.ts";
import { assertEquals } from "../../assert.ts";

Deno.test("each event raises its own counter and no other", () => {
  let restarts = recordRestart(noRestarts, "hang");
  restarts = recordRestart(recordRestart(restarts, "max-memory"), "hang");
  assertEquals(restarts.restarts, { ...noRestarts.restarts, hang: 2, "max-memory": 1 });
  restarts = recordOutcome(recordOutcome(restarts, "reloads", "failed"), "upgrades", "succeeded");
  assertEquals([restarts.reloads, restarts.upgrades], [
    { succeeded: 0, failed: 1 },
    { succeeded: 1, failed: 0 },
  ]);
  assertEquals(recordScaling(recordScaling(restarts, "up"), "up").scalings, { up: 2, down: 0 });
  assertEquals(restarts.scalings, { up: 0, down: 0 });
});
