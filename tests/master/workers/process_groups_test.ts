import { openLog } from "../../../src/log/logger.ts";
import { ProcessGroups } from "../../../src/master/workers/process_groups.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";
import { assertEquals, assertMatch } from "../../assert.ts";

const sleep = { pid: 77, command: "sleep 9" };

/** A worker that has ended and leaves a process in its group. */
function ended(killGroup: boolean | undefined, { masterPid = 41 } = {}) {
  const workers = new FakeWorkers();
  const { system } = workers;
  const worker = workers.ready(0);
  const leader = worker.process.pid;
  system.host.pid = masterPid;
  system.groups.set(leader, [sleep]);
  Object.assign(worker.generation.settings, { killGroup });
  const { logger } = openLog(system, { logLevel: "info", logFormat: "text", errorLogfile: "-" }, {
    pid: masterPid,
  });
  const state = { wakes: 0 };
  const groups = new ProcessGroups({ system, logger, wake: () => state.wakes++ });
  groups.handleExit(worker);
  const signals = () =>
    system.signals.splice(0).map((text) => text.replace(` to the group of ${leader}`, ""));
  return { system, leader, groups, signals, state };
}

Deno.test("by default what a worker leaves is only named, and by process 1 of a container ended", () => {
  const { system, groups, signals } = ended(undefined);
  assertMatch(
    system.written.stderr,
    /the app has started processes that still run: 77 \(sleep 9\): --kill-group/,
  );
  assertEquals([groups.isIdle, signals()], [true, []]);
  assertEquals(ended(undefined, { masterPid: 1 }).signals(), ["SIGTERM"]);
  assertEquals(ended(false, { masterPid: 1 }).signals(), []);
});

Deno.test("a process that ends at SIGTERM is not killed, and the master waits until then", async () => {
  const { system, leader, groups, signals, state } = ended(true);
  await system.clock.advance(500);
  assertEquals([groups.isIdle, signals(), state.wakes], [false, ["SIGTERM"], 0]);
  system.groups.delete(leader);
  await system.clock.advance(5_000);
  assertEquals([groups.isIdle, signals(), state.wakes], [true, [], 1]);
});

Deno.test("a process that ignores SIGTERM is killed after a second, and not waited for for ever", async () => {
  const { system, groups, signals, state } = ended(true);
  await system.clock.advance(1_000);
  assertEquals(signals(), ["SIGTERM", "SIGKILL"]);
  await system.clock.advance(1_000);
  assertEquals([groups.isIdle, signals(), state.wakes], [true, [], 1]);
  assertMatch(system.written.stderr, /do not end: 77 \(sleep 9\)/);
});

Deno.test("thousands of ended processes are reaped in turns, with pauses for other work", async () => {
  const { system, groups } = ended(false);
  const stop = groups.start();
  system.adopted.push(
    ...Array.from({ length: 1_000 }, (_, index) => ({ pid: 1_000 + index, command: "true" })),
  );
  groups.reap();
  assertEquals(system.adopted.length, 936);
  await system.clock.advance(10);
  assertEquals(system.adopted.length, 872);
  await system.clock.advance(140);
  assertEquals(system.adopted, []);
  system.adopted.push(...Array.from({ length: 300 }, (_, index) => ({ pid: index, command: "true" })));
  groups.reap();
  stop();
  await system.clock.advance(5_000);
  assertEquals(system.adopted.length, 236);
});

Deno.test("a group whose leader's number another process has got is of strangers, and gets no signal", async () => {
  const { system, leader, groups, signals, state } = ended(true);
  assertEquals(signals(), ["SIGTERM"]);
  // The kernel gives a number away only when no process of its group is left.
  system.alive.add(leader);
  system.groups.set(leader, [{ pid: leader, command: "other" }]);
  await system.clock.advance(3_000);
  assertEquals([groups.isIdle, signals(), state.wakes], [true, [], 1]);
});
