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
  const scene = new TestHost();
  const team = scene.team(3);
  for (const [slot, worker] of team.entries()) scene.slotOf(worker).requests = 499 + slot;
  await scene.second({ maxRequests: 500 }, 3);
  assertEquals(scene.dueForRecycling, [2]);
  await scene.second({ maxRequests: 500 }, 3);
  assertEquals(scene.dueForRecycling, [2]);
  assertEquals(scene.lines, [
    "info    worker=2 gen=1 pid=102  due for recycling: 501 requests (max-requests 500): replacing it",
  ]);
  assertEquals(scene.counters.changeCounters.restarts["max-requests"], 1);
  assertEquals(scene.eventLog.important.map(({ kind, worker }) => [kind, worker]), [["worker-due", 2]]);
});

Deno.test("the next worker is recycled after the one before was replaced", async () => {
  const scene = new TestHost();
  const team = scene.team(2);
  for (const worker of team) scene.slotOf(worker).requests = 600;
  await scene.second({ maxRequests: 500 }, 2);
  const next = scene.booting(2);
  await scene.second({ maxRequests: 500 }, 2);
  assertEquals(scene.dueForRecycling, [0], "while the replacement boots");
  next.apply({ type: "ready" }, scene.now);
  await scene.second({ maxRequests: 500 }, 2);
  assertEquals(scene.dueForRecycling, [0], "while both are there");
  team[0]!.apply({ type: "drain", handedOver: true }, scene.now);
  await scene.second({ maxRequests: 500 }, 2);
  assertEquals(scene.dueForRecycling, [0, 1]);
});

Deno.test("no worker is recycled while one is missing, booting, or beyond the target", async () => {
  const scene = new TestHost();
  for (const worker of scene.team(2)) scene.slotOf(worker).requests = 600;
  await scene.second({ maxRequests: 500 }, 3);
  await scene.second({ maxRequests: 500 }, 1);
  scene.booting(2);
  await scene.second({ maxRequests: 500 }, 3);
  assertEquals(scene.dueForRecycling, []);
});

Deno.test("max-lifetime counts from the moment a worker is ready", async () => {
  const scene = new TestHost();
  const worker = scene.booting(0);
  await scene.system.clock.advance(60_000);
  worker.apply({ type: "ready" }, scene.now);
  await scene.second({ maxLifetime: 2_000 }, 1);
  assertEquals(scene.dueForRecycling, []);
  await scene.second({ maxLifetime: 2_000 }, 1);
  await scene.second({ maxLifetime: 2_000 }, 1);
  assertEquals(scene.lines, [
    "info    worker=0 gen=1 pid=100  due for recycling: ready for 2.0 s (max-lifetime 2s): replacing it",
  ]);
});

Deno.test("a worker's share of the jitter is drawn once", async () => {
  const scene = new TestHost();
  const [worker] = scene.team(1);
  const jitterShares = [0.5, 0, 0, 0, 0, 0, 0, 0];
  Object.assign(scene.system.host, { random: () => jitterShares.shift()! });
  const limits = { maxRequests: 500, maxRequestsJitter: 100 };
  scene.slotOf(worker!).requests = 549;
  await scene.second(limits, 1);
  assertEquals(scene.dueForRecycling, []);
  scene.slotOf(worker!).requests = 550;
  await scene.second(limits, 1);
  assertEquals(scene.lines, [
    "info    worker=0 gen=1 pid=100  due for recycling: 550 requests (max-requests 550 with its jitter): replacing it",
  ]);
});

Deno.test("max-memory: the largest worker is recycled, but not one that has served no request", async () => {
  const scene = new TestHost();
  const team = scene.team(3);
  for (const [slot, worker] of team.entries()) scene.takes(worker, 300 - slot);
  for (const worker of team.slice(1)) scene.slotOf(worker).requests = 1;
  await scene.second({ maxMemory: 256 * megabyte }, 3);
  await scene.second({ maxMemory: 256 * megabyte }, 3);
  assertEquals(scene.dueForRecycling, [1]);
  assertEquals(scene.lines, [
    "info    worker=1 gen=1 pid=101  due for recycling: 299M of memory (max-memory 256M): replacing it",
  ]);
});

Deno.test("memory is read once a second at most, spread over the ticks, and only if there is a limit", async () => {
  const scene = new TestHost();
  for (const worker of scene.team(32)) scene.takes(worker, 30);
  let reads: string[] = [];
  const { readTextSync } = scene.system.files;
  Object.assign(scene.system.files, {
    readTextSync: (path: string) => {
      reads.push(path);
      return readTextSync(path);
    },
  });
  await scene.second({ maxRequests: 500 }, 32);
  assertEquals(reads.length, 0);
  for (let second = 0; second < 3; second++) {
    reads = [];
    for (let tick = 1; tick <= 4; tick++) {
      scene.recycling.poll({ ...off, maxMemory: 256 * megabyte }, 32);
      assertEquals(reads.length, tick * 8);
      await scene.system.clock.advance(250);
    }
    assertEquals(new Set(reads).size, 32);
  }
});

Deno.test("if reading takes long because workers are large, a tick reads fewer of them", async () => {
  const scene = new TestHost();
  for (const worker of scene.team(32)) scene.takes(worker, 30);
  let reads = 0;
  const { readTextSync } = scene.system.files;
  const { monotonic } = scene.system.clock;
  Object.assign(scene.system.clock, { monotonic: () => monotonic.call(scene.system.clock) + reads * 3 });
  Object.assign(scene.system.files, {
    readTextSync: (path: string) => {
      reads++;
      return readTextSync(path);
    },
  });
  await scene.second({ maxMemory: 256 * megabyte }, 32);
  assertEquals(reads, 4 * 2);
});

Deno.test("memory that cannot be read is reported once, unless the worker has just ended", async () => {
  const scene = new TestHost();
  const [first, second] = scene.team(2);
  scene.takes(second!, 10);
  scene.slotOf(second!).requests = 1;
  await scene.second({ maxMemory: 64 * megabyte }, 2);
  assertEquals(scene.lines, [""]);
  scene.system.alive.add(first!.process.pid);
  for (let second = 0; second < 3; second++) await scene.second({ maxMemory: 64 * megabyte }, 2);
  assertEquals(scene.lines, [
    "warning master pid=41  max-memory has no effect: cannot read /proc/100/smaps_rollup: " +
    "No such file: /proc/100/smaps_rollup",
  ]);
  scene.takes(second!, 70);
  for (let second = 0; second < 2; second++) await scene.second({ maxMemory: 64 * megabyte }, 2);
  assertEquals(scene.dueForRecycling, [1]);
});
