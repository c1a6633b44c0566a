import type { RecyclingLimits } from "../../../src/core/pool/recycling.ts";
import { openLog } from "../../../src/log/logger.ts";
import type { WorkerHandle } from "../../../src/master/workers/worker_handle.ts";
import { Recycling } from "../../../src/master/pool/recycling.ts";
import { ServerCounters } from "../../../src/master/telemetry/counters.ts";
import { assertEquals } from "../../assert.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";

const off: RecyclingLimits = {
  maxRequests: 0,
  maxRequestsJitter: 0,
  maxLifetime: 0,
  maxLifetimeJitter: 0,
  maxMemory: 0,
  maxMemoryJitter: 0,
};

const megabyte = 1024 ** 2;

class TestHost extends FakeWorkers {
  readonly logger = openLog(
    this.system,
    { logLevel: "info", logFormat: "text", errorLogfile: "-" },
    { pid: 41 },
  ).logger;
  readonly counters = new ServerCounters(this.system, this.scoreboard);
  readonly recycling = new Recycling({
    system: this.system,
    logger: this.logger,
    workerTable: this.workerTable,
    scoreboard: this.scoreboard,
    lifecycle: this.lifecycle,
    counters: this.counters,
  });

  /** Workers that are ready from the beginning. */
  team(count: number): WorkerHandle[] {
    return Array.from({ length: count }, (_, slot) => this.ready(slot));
  }

  /** Megabytes; null for a process that cannot be read. */
  takes(worker: WorkerHandle, memory: number | null): void {
    const path = `/proc/${worker.process.pid}/smaps_rollup`;
    if (memory === null) this.system.texts.delete(path);
    else this.system.texts.set(path, `Private_Clean:  0 kB\nPrivate_Dirty:  ${memory * 1024} kB\n`);
  }

  /** The ticks of one second. */
  async second(limits: Partial<RecyclingLimits>, target: number): Promise<void> {
    for (let tick = 0; tick < 4; tick++) {
      this.recycling.poll({ ...off, ...limits }, target);
      await this.system.clock.advance(250);
    }
  }

  get dueForRecycling(): number[] {
    return this.workerTable.members().filter(({ dueForRecycling }) => dueForRecycling).map(({ slot }) =>
      slot
    );
  }
}

Deno.test("a worker is recycled after max-requests, the log has both numbers, and no other is at the same time", async () => {
  const host = new TestHost();
  const team = host.team(3);
  for (const [slot, worker] of team.entries()) host.slotOf(worker).requests = 499 + slot;
  await host.second({ maxRequests: 500 }, 3);
  assertEquals(host.dueForRecycling, [2]);
  await host.second({ maxRequests: 500 }, 3);
  assertEquals(host.dueForRecycling, [2]);
  assertEquals(host.lines, [
    "info    worker=2 gen=1 pid=102  due for recycling: 501 requests (max-requests 500): replacing it",
  ]);
  assertEquals(host.counters.changeCounters.restarts["max-requests"], 1);
  assertEquals(host.eventLog.important.map(({ kind, worker }) => [kind, worker]), [["worker-due", 2]]);
});

Deno.test("the next worker is recycled after the one before was replaced", async () => {
  const host = new TestHost();
  const team = host.team(2);
  for (const worker of team) host.slotOf(worker).requests = 600;
  await host.second({ maxRequests: 500 }, 2);
  const next = host.booting(2);
  await host.second({ maxRequests: 500 }, 2);
  assertEquals(host.dueForRecycling, [0], "while the replacement boots");
  next.apply({ type: "ready" }, host.now);
  await host.second({ maxRequests: 500 }, 2);
  assertEquals(host.dueForRecycling, [0], "while both are there");
  team[0]!.apply({ type: "drain", handedOver: true, isRestart: false }, host.now);
  await host.second({ maxRequests: 500 }, 2);
  assertEquals(host.dueForRecycling, [0, 1]);
});

Deno.test("no worker is recycled while one is missing, booting, or beyond the target", async () => {
  const host = new TestHost();
  for (const worker of host.team(2)) host.slotOf(worker).requests = 600;
  await host.second({ maxRequests: 500 }, 3);
  await host.second({ maxRequests: 500 }, 1);
  host.booting(2);
  await host.second({ maxRequests: 500 }, 3);
  assertEquals(host.dueForRecycling, []);
});

Deno.test("max-lifetime counts from the moment a worker is ready", async () => {
  const host = new TestHost();
  const worker = host.booting(0);
  await host.system.clock.advance(60_000);
  worker.apply({ type: "ready" }, host.now);
  await host.second({ maxLifetime: 2_000 }, 1);
  assertEquals(host.dueForRecycling, []);
  await host.second({ maxLifetime: 2_000 }, 1);
  await host.second({ maxLifetime: 2_000 }, 1);
  assertEquals(host.lines, [
    "info    worker=0 gen=1 pid=100  due for recycling: ready for 2.0 s (max-lifetime 2s): replacing it",
  ]);
});

Deno.test("a worker's share of the jitter is drawn once", async () => {
  const host = new TestHost();
  const [worker] = host.team(1);
  const jitterShares = [0.5, 0, 0, 0, 0, 0, 0, 0];
  Object.assign(host.system.host, { random: () => jitterShares.shift()! });
  const limits = { maxRequests: 500, maxRequestsJitter: 100 };
  host.slotOf(worker!).requests = 549;
  await host.second(limits, 1);
  assertEquals(host.dueForRecycling, []);
  host.slotOf(worker!).requests = 550;
  await host.second(limits, 1);
  assertEquals(host.lines, [
    "info    worker=0 gen=1 pid=100  due for recycling: 550 requests (max-requests 550 with its jitter): replacing it",
  ]);
});

Deno.test("max-memory: the largest worker is recycled, but not one that has served no request", async () => {
  const host = new TestHost();
  const team = host.team(3);
  for (const [slot, worker] of team.entries()) host.takes(worker, 300 - slot);
  for (const worker of team.slice(1)) host.slotOf(worker).requests = 1;
  await host.second({ maxMemory: 256 * megabyte }, 3);
  await host.second({ maxMemory: 256 * megabyte }, 3);
  assertEquals(host.dueForRecycling, [1]);
  assertEquals(host.lines, [
    "info    worker=1 gen=1 pid=101  due for recycling: 299M of memory (max-memory 256M): replacing it",
  ]);
});

Deno.test("max-memory: where the largest worker is a thread its whole process is retired", async () => {
  const host = new TestHost();
  const [worker] = host.team(1) as [WorkerHandle];
  let isRetired = false;
  const thread = { host: {}, number: 0, count: 2, id: null, retire: () => void (isRetired = true) };
  Object.assign(worker.process, { thread });
  host.takes(worker, 300);
  host.slotOf(worker).requests = 1;
  await host.second({ maxMemory: 256 * megabyte }, 1);
  await host.second({ maxMemory: 256 * megabyte }, 1);
  assertEquals([worker.isDueForRecycling, isRetired], [true, true]);
});

Deno.test("memory is read once a second at most, spread over the ticks, and only if there is a limit", async () => {
  const host = new TestHost();
  for (const worker of host.team(32)) host.takes(worker, 30);
  let reads: string[] = [];
  const { readTextSync } = host.system.files;
  Object.assign(host.system.files, {
    readTextSync: (path: string) => {
      reads.push(path);
      return readTextSync(path);
    },
  });
  await host.second({ maxRequests: 500 }, 32);
  assertEquals(reads.length, 0);
  for (let second = 0; second < 3; second++) {
    reads = [];
    for (let tick = 1; tick <= 4; tick++) {
      host.recycling.poll({ ...off, maxMemory: 256 * megabyte }, 32);
      assertEquals(reads.length, tick * 8);
      await host.system.clock.advance(250);
    }
    assertEquals(new Set(reads).size, 32);
  }
});

Deno.test("if reading takes long because workers are large, a tick reads fewer of them", async () => {
  const host = new TestHost();
  for (const worker of host.team(32)) host.takes(worker, 30);
  let reads = 0;
  const { readTextSync } = host.system.files;
  const { monotonic } = host.system.clock;
  Object.assign(host.system.clock, { monotonic: () => monotonic.call(host.system.clock) + reads * 3 });
  Object.assign(host.system.files, {
    readTextSync: (path: string) => {
      reads++;
      return readTextSync(path);
    },
  });
  await host.second({ maxMemory: 256 * megabyte }, 32);
  assertEquals(reads, 4 * 2);
});

Deno.test("memory that cannot be read is reported once, unless the worker has just ended", async () => {
  const host = new TestHost();
  const [first, second] = host.team(2);
  host.takes(second!, 10);
  host.slotOf(second!).requests = 1;
  await host.second({ maxMemory: 64 * megabyte }, 2);
  assertEquals(host.lines, [""]);
  host.system.alive.add(first!.process.pid);
  for (let second = 0; second < 3; second++) await host.second({ maxMemory: 64 * megabyte }, 2);
  assertEquals(host.lines, [
    "warning master pid=41  max-memory has no effect: cannot read /proc/100/smaps_rollup: " +
    "No such file: /proc/100/smaps_rollup",
  ]);
  host.takes(second!, 70);
  for (let second = 0; second < 2; second++) await host.second({ maxMemory: 64 * megabyte }, 2);
  assertEquals(host.dueForRecycling, [1]);
});

Deno.test("a worker is recycled on request, but not a second time, nor while the server changes", () => {
  const host = new TestHost();
  const [first, second] = host.team(2);
  host.recycling.request(1, "running");
  assertEquals([first!.isDueForRecycling, second!.isDueForRecycling], [false, true]);
  assertEquals(host.counters.changeCounters.restarts.requested, 1);
  const refused = (slot: number, phase: "running" | "reloading" | "retiring") => {
    try {
      host.recycling.request(slot, phase);
    } catch (error) {
      return String(error);
    }
    return "accepted";
  };
  assertEquals(refused(1, "running"), "Error: cannot recycle worker 1: it is being replaced already");
  assertEquals(
    refused(7, "running"),
    "Error: cannot recycle worker 7: there is none of this number: the workers are 0, 1",
  );
  assertEquals(
    refused(0, "reloading"),
    "Error: cannot recycle worker 0: the server is reloading: try again when it is running",
  );
  assertEquals(
    refused(0, "retiring"),
    "Error: cannot recycle worker 0: another master has taken over: give the command to that one",
  );
});
