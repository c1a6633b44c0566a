import type { WorkerHandle } from "../../../src/master/workers/worker_handle.ts";
import { HeartbeatMonitor } from "../../../src/master/listeners/heartbeat_monitor.ts";
import { assertEquals } from "../../assert.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";

Deno.test("paused workers get new connections only if no other worker can", () => {
  const host = new FakeWorkers();
  const monitor = new HeartbeatMonitor(host.system.clock, host.workerTable, host.scoreboard);
  const [first, second, spare] = [host.ready(0), host.ready(1), host.ready(2)];
  first.promote();
  second.promote();
  spare.becomeSpare();
  const pause = (worker: WorkerHandle, isPaused: boolean) =>
    worker.receive({ type: "paused", because: isPaused ? "app" : null });
  const eligible = () => Array.from(monitor.eligible(), ({ slot }) => slot);
  assertEquals(eligible(), [0, 1]);
  pause(first, true);
  assertEquals(eligible(), [1]);
  pause(second, true);
  assertEquals(eligible(), [2]);
  pause(spare, true);
  assertEquals(eligible(), [0, 1]);
  pause(second, false);
  assertEquals(eligible(), [1]);
});

Deno.test("if all workers are stalled, one that has been for much longer gets no new connections", async () => {
  const host = new FakeWorkers();
  const { clock } = host.system;
  const monitor = new HeartbeatMonitor(clock, host.workerTable, host.scoreboard);
  const workers = [host.ready(0), host.ready(1), host.ready(2)];
  workers.forEach((worker) => worker.promote());
  const pass = async (ms: number, responsive: readonly WorkerHandle[]) => {
    for (let passed = 0; passed < ms; passed += 25) {
      await clock.advance(25);
      for (const worker of responsive) {
        host.slotOf(worker).heartbeat();
        host.slotOf(worker).heartbeatInterval = 25;
      }
      monitor.poll(25, { stallAfter: 50, timeout: 0 });
    }
  };
  const eligible = () => Array.from(monitor.eligible(), ({ slot }) => slot);
  await pass(500, workers);
  assertEquals(eligible(), [0, 1, 2]);
  await pass(4_000, workers.slice(1));
  assertEquals(eligible(), [1, 2]);
  await pass(200, []);
  assertEquals(workers.map((worker) => monitor.isStalled(worker)), [true, true, true]);
  assertEquals(eligible(), [1, 2]);
  // After a while nobody can say which will respond next.
  await pass(8_000, []);
  assertEquals(eligible(), [0, 1, 2]);
});

Deno.test("a worker that is blocked when its requests have had their time is killed, one that cleans up is not", async () => {
  const host = new FakeWorkers();
  const { clock } = host.system;
  const monitor = new HeartbeatMonitor(clock, host.workerTable, host.scoreboard);
  const [blocked, cleaning] = [host.ready(0), host.ready(1)];
  const { gracefulTimeout, shutdownTimeout } = blocked.generation.settings;
  for (const worker of [blocked, cleaning]) worker.apply({ type: "draining" }, host.now);
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 250) {
      await clock.advance(250);
      host.slotOf(cleaning).heartbeat();
      monitor.poll(250, { stallAfter: 50, timeout: 1_000 });
    }
  };
  await pass(gracefulTimeout);
  assertEquals([blocked.state.is, cleaning.state.is], ["draining", "draining"]);
  await pass(1_250);
  assertEquals(blocked.state, { is: "killed", because: "drain-overdue" });
  await pass(shutdownTimeout - 500);
  assertEquals(cleaning.state.is, "draining");
});
