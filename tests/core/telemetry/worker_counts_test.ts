import { bannerOf, headlineOf } from "../../../src/control/page/headline.ts";
import { sampleOf } from "../../../src/control/page/samples.ts";
import { statusText } from "../../../src/cli/ctl/tables.ts";
import { topScreen } from "../../../src/cli/ctl/top_screen.ts";
import { notReadyBecause } from "../../../src/core/telemetry/server_readiness.ts";
import type { WorkerStatus } from "../../../src/core/telemetry/status.ts";
import { processTarget, workerCounts } from "../../../src/core/telemetry/worker_counts.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../../assert.ts";
import { calmStatus, readyWorker } from "../../fakes/status.ts";

const states = (...states: WorkerStatus["state"][]) =>
  states.map((state, slot) => ({ ...readyWorker, slot, pid: 100 + slot, state }));

Deno.test("a worker is ready, spare, paused or another, and no more are ready than are wanted", () => {
  const workers = states("ready", "ready", "ready", "spare", "paused", "booting", "draining", "killed");
  assertEquals(workerCounts({ workers, target: 2 }), { ready: 2, spare: 1, paused: 1, others: 4, wanted: 2 });
  assertEquals(workerCounts({ workers, target: 9 }, 2), {
    ready: 0,
    spare: 0,
    paused: 0,
    others: 8,
    wanted: 9,
  });
});

Deno.test("threads have their processes in common", () => {
  const threads = (pid: number, count: number) =>
    Array.from({ length: count }, () => ({ ...readyWorker, pid }));
  assertEquals(processTarget({ target: 3, workers: states("ready", "ready", "ready") }), 3);
  assertEquals(processTarget({ target: 16, workers: [...threads(1, 8), ...threads(2, 8)] }), 2);
  // Of the second process one thread has ended.
  assertEquals(processTarget({ target: 16, workers: [...threads(1, 8), ...threads(2, 7)] }), 2);
  assertEquals(processTarget({ target: 2, workers: [] }), 2);
});

Deno.test("a paused worker is ready nowhere", () => {
  const status = { ...calmStatus, target: 3, workers: states("ready", "paused", "paused") };
  assertStringIncludes(statusText(status), "1 of 3 workers ready, 2 paused\n");
  const screen = topScreen(null, status, { columns: 200, rows: Infinity });
  assertMatch(screen.lines[1]!, /, 1 of 3 workers ready, 2 paused, cpu/);
  assertEquals(headlineOf(status, [])[0]!.note, "1 worker is ready, 2 of 3 are needed");
  assertEquals(headlineOf({ ...status, target: 2 }, [])[0]!.note, "1 of 2 workers ready, 2 paused");
  assertEquals(sampleOf(null, status).ready, 1);
  assertEquals(notReadyBecause(status), "1 worker is ready, 2 of 3 are needed");
  assertEquals(bannerOf(status, null), null);
});
