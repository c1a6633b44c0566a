import { noHistory, recordOutcome, recordRestart, recordScaling } from "../../src/core/history.ts";
import { assertEquals } from "../assert.ts";

Deno.test("what happens is counted by its kind, and nothing else changes", () => {
  let history = recordRestart(noHistory, "hang");
  history = recordRestart(recordRestart(history, "max-memory"), "hang");
  assertEquals(history.restarts, { ...noHistory.restarts, hang: 2, "max-memory": 1 });
  history = recordOutcome(recordOutcome(history, "reloads", "failed"), "upgrades", "succeeded");
  assertEquals([history.reloads, history.upgrades], [
    { succeeded: 0, failed: 1 },
    { succeeded: 1, failed: 0 },
  ]);
  assertEquals(recordScaling(recordScaling(history, "up"), "up").scalings, { up: 2, down: 0 });
  assertEquals(history.scalings, { up: 0, down: 0 });
});
