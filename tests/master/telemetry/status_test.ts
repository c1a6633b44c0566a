import * as fc from "fast-check";
import type { WorkerHandle } from "../../../src/master/workers/worker_handle.ts";
import { statusWithProcesses } from "../../../src/master/telemetry/status.ts";
import { TaskStatistics } from "../../../src/master/telemetry/task_statistics.ts";
import { WorkerTable } from "../../../src/master/workers/worker_table.ts";
import { ServerCounters } from "../../../src/master/telemetry/counters.ts";
import { assert, assertEquals } from "../../assert.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";
import { noFailures } from "../../fakes/status.ts";

/** Workers and counters without an arbiter. */
class TestHost extends FakeWorkers {
  readonly counters = new ServerCounters(this.system, this.scoreboard);

  get status() {
    const { workerTable, scoreboard, counters, eventLog } = this;
    return statusWithProcesses({
      ...{
        workerTable,
        scoreboard,
        counters,
        eventLog,
        phase: "running",
        oldMaster: null,
        addresses: ["127.0.0.1:8000"],
      },
      ...{
        generation: 1,
        target: 2,
        spares: 0,
        backlog: 3,
        app: "main.ts",
        startedAt: this.system.clock.wall(),
      },
      channels: null,
      heartbeats: { silence: () => null, isStalled: () => false },
      tasks: {
        ...{
          pool: { target: 0, hasTasks: false },
          workerTable: new WorkerTable(),
          statistics: new TaskStatistics(),
        },
        heartbeatMonitor: { silence: () => null, isStalled: () => false },
      },
    }, this.system);
  }

  serve(worker: WorkerHandle, status: number, ms: number): void {
    const counters = this.slotOf(worker);
    counters.requests = this.scoreboard.read(worker.slot).requests + 1;
    counters.countResponse(status);
    counters.countLatency(ms);
  }

  bury(worker: WorkerHandle): void {
    worker.apply({ type: "exit" }, this.now);
    this.workerTable.remove(worker);
    this.counters.addGone(worker);
  }
}

Deno.test("the totals are the sum over the workers that run and those that are gone", () => {
  const host = new TestHost();
  const [first, second] = [host.ready(0), host.ready(1)];
  host.serve(first, 200, 5);
  host.serve(first, 404, 5);
  host.serve(second, 503, 900);
  host.slotOf(first).countFailures("fault", 2);
  host.slotOf(second).countFailures("fault", 1);
  host.slotOf(second).inFlight = 4;
  host.bury(first);
  host.serve(host.ready(0), 200, 5);

  const { workers, totals } = host.status;
  assertEquals(workers.map(({ requests }) => requests), [1, 1]);
  assertEquals(totals.requests, 4);
  assertEquals(totals.responses, { "1xx": 0, "2xx": 2, "3xx": 0, "4xx": 1, "5xx": 1 });
  assertEquals(totals.failures, { ...noFailures, fault: 3 });
  assertEquals([totals.inFlight, totals.backlog], [4, 3]);
  assert(totals.p50! > 4 && totals.p50! < 7 && totals.p99! > 700);
});

Deno.test("no counter decreases when workers die, drain or are replaced", () => {
  const step = fc.record({
    slot: fc.integer({ min: 0, max: 3 }),
    does: fc.constantFrom("serve", "serve", "serve", "die", "ask"),
    status: fc.constantFrom(101, 200, 301, 404, 500),
    ms: fc.double({ min: 0, max: 200_000, noNaN: true }),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const host = new TestHost();
    const served: WorkerHandle[] = [0, 1, 2, 3].map((slot) => host.ready(slot));
    let before = host.status.totals;
    let requests = 0;
    for (const { slot, does, status, ms } of steps) {
      if (does === "serve") {
        host.serve(served[slot]!, status, ms);
        requests++;
      } else if (does === "die") {
        host.bury(served[slot]!);
        served[slot] = host.ready(slot);
      }
      const after = host.status.totals;
      assertEquals(after.requests, requests);
      assert(
        Object.entries(after.responses).every(([name, count]) =>
          count >= before.responses[name as keyof typeof before.responses]
        ),
      );
      assert(after.latency.every((count, bucket) => count >= before.latency[bucket]!));
      assert(after.cpuSeconds >= before.cpuSeconds);
      before = after;
    }
  }));
});

Deno.test("CPU time and memory are read once a second at most, and the CPU time of gone workers stays counted", async () => {
  const host = new TestHost();
  const worker = host.ready(0);
  const auxv = new Uint8Array(new BigUint64Array([6n, 64n, 0n, 0n]).buffer);
  host.system.texts.set("/proc/self/auxv", new TextDecoder().decode(auxv));
  const takes = (ticks: number) => {
    const numbers = Array(11).fill(0).join(" ");
    host.system.texts.set(`/proc/${worker.process.pid}/stat`, `1 (x) ${numbers} ${ticks} 0 0`);
    host.system.texts.set(`/proc/${worker.process.pid}/statm`, `900 ${ticks} 0 0\n`);
  };
  const seen = () => host.status.workers.map(({ cpu, cpuSeconds, memory }) => [cpu, cpuSeconds, memory])[0];
  await host.system.clock.advance(2_000);
  takes(100);
  assertEquals(seen(), [0.5, 1, 6_400]);
  takes(400);
  await host.system.clock.advance(999);
  assertEquals(seen(), [0.5, 1, 6_400]);
  await host.system.clock.advance(1);
  assertEquals(seen(), [3, 4, 25_600]);
  assertEquals(host.status.totals.cpuSeconds, 4);
  host.bury(worker);
  assertEquals(host.status.totals.cpuSeconds, 4);
  assertEquals(host.status.master, { cpu: null, cpuSeconds: null, memory: null });
});

Deno.test("the current request is the one whose handler runs, else the longest", async () => {
  const host = new TestHost();
  const counters = host.slotOf(host.ready(0));
  assertEquals(host.status.workers[0]!.current, null);
  counters.setLongest("GET", "/long", host.system.clock.wall());
  await host.system.clock.advance(1_500);
  assertEquals(host.status.workers[0]!.current, { method: "GET", path: "/long", ms: 1_500 });
  counters.enter("PUT", "/now", host.system.clock.wall());
  assertEquals(host.status.workers[0]!.current, { method: "PUT", path: "/now", ms: 0 });
});

Deno.test("a reload has succeeded when the workers of a newer generation are ready", () => {
  const { counters } = new TestHost();
  for (const generation of [1, 1, 2, 2, 2]) counters.generationComplete(generation);
  counters.reloadFailed();
  assertEquals(counters.changeCounters.reloads, { succeeded: 1, failed: 1 });
});
