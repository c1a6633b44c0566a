import { countedBefore } from "../../../src/core/telemetry/counted_before.ts";
import { ServerCounters } from "../../../src/master/telemetry/counters.ts";
import { HistoryKeeper } from "../../../src/master/telemetry/history.ts";
import type { StatusSource } from "../../../src/master/telemetry/status.ts";
import { TaskStatistics } from "../../../src/master/telemetry/task_statistics.ts";
import { WorkerTable } from "../../../src/master/workers/worker_table.ts";
import { assertEquals } from "../../assert.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";
import { after, calmStatus } from "../../fakes/status.ts";

const heartbeats = { silence: () => null, isStalled: () => false };

Deno.test("what an old master has counted is in no sample of its successor, which begin when it is the only one", async () => {
  const { system, scoreboard, workerTable, eventLog } = new FakeWorkers();
  const counters = new ServerCounters(system, scoreboard);
  const source: StatusSource = {
    ...{ phase: "running", oldMaster: null, app: "main.ts", addresses: [], startedAt: system.clock.wall() },
    ...{ generation: 1, target: 0, spares: 0, backlog: 0, workerTable, scoreboard, counters, eventLog },
    ...{ heartbeats, channels: null },
    tasks: {
      ...{ pool: { target: 0, hasTasks: false }, workerTable: new WorkerTable() },
      ...{ heartbeatMonitor: heartbeats, statistics: new TaskStatistics() },
    },
  };
  const { promise, resolve } = Promise.withResolvers<void>();
  const keeper = new HistoryKeeper(source, system, promise);
  await system.clock.advance(5_000);
  assertEquals(keeper.history.near, [], "the old master has these");
  resolve();
  await system.clock.advance(3_000);
  for (const requests of [5_000, 9_000]) {
    counters.carryOn(countedBefore(after(calmStatus, ...Array(requests).fill(1)))!);
    await system.clock.advance(3_000);
  }
  assertEquals(keeper.history.near.map(({ rate }) => rate), [null, ...Array(8).fill(0)]);
  keeper.close();
  await system.clock.advance(2_000);
  assertEquals(keeper.history.near.length, 9);
});
