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
