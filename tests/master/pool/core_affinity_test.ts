import { openLog } from "../../../src/log/logger.ts";
import { CoreAffinity } from "../../../src/master/pool/core_affinity.ts";
import { assertEquals } from "../../assert.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";

/** Two cores, and which of them each process was given. */
function twoCores(runOnCore?: (pid: number) => void) {
  const host = new FakeWorkers();
  const given: Record<number, number> = {};
  const { logger } = openLog(
    host.system,
    { logLevel: "info", logFormat: "text", errorLogfile: "-" },
    { pid: 41 },
  );
  host.system.processes.runOnCore = (pid, thread, core) => {
    runOnCore?.(pid);
    assertEquals(thread, null);
    given[pid] = core;
  };
  const affinity = new CoreAffinity({
    system: host.system,
    logger,
    workerTable: host.workerTable,
    cores: [0, 1],
  });
  return { host, given, affinity };
}

Deno.test("a worker gets a core when it is ready, and keeps it", () => {
  const { host, given, affinity } = twoCores();
  const first = host.booting(0);
  affinity.reconcile();
  assertEquals(given, {});
  first.apply({ type: "loaded" }, 0);
  first.apply({ type: "ready" }, 0);
  host.ready(1);
  affinity.reconcile();
  assertEquals(given, { 100: 0, 101: 1 });
  given[100] = 7;
  affinity.reconcile();
  assertEquals(given, { 100: 7, 101: 1 });
});

Deno.test("the replacement of a worker gets its core, which that keeps while it drains", () => {
  const { host, given, affinity } = twoCores();
  host.ready(0);
  const old = host.ready(1);
  affinity.reconcile();
  old.markForRecycling();
  host.ready(2);
  affinity.reconcile();
  assertEquals(given, { 100: 0, 101: 1, 102: 1 });
  old.apply({ type: "drain", handedOver: true, isRestart: false }, 0);
  affinity.reconcile();
  assertEquals(given, { 100: 0, 101: 1, 102: 1 });
});

Deno.test("a spare counts when it is promoted", () => {
  const { host, given, affinity } = twoCores();
  const spare = host.ready(0);
  spare.becomeSpare();
  host.ready(1);
  affinity.reconcile();
  assertEquals(given, { 100: 1, 101: 0 });
  host.ready(2);
  affinity.reconcile();
  assertEquals(given, { 100: 1, 101: 0, 102: 1 });
});

Deno.test("cores that cannot be given are reported once", () => {
  const { host, affinity } = twoCores(() => {
    throw new Error("sched_setaffinity: Invalid argument");
  });
  [0, 1].forEach((slot) => host.system.alive.add(host.ready(slot).process.pid));
  affinity.reconcile();
  affinity.reconcile();
  assertEquals(host.lines, [
    "warning worker=0 gen=1 pid=100  cannot be given core 0 of cpu-affinity (sched_setaffinity: Invalid argument): it runs on any core",
  ]);
});
