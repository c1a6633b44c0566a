import type { WorkerHandle } from "../../../src/master/workers/worker_handle.ts";
import { StallReporter } from "../../../src/master/listeners/stall_reporter.ts";
import { HeartbeatMonitor } from "../../../src/master/listeners/heartbeat_monitor.ts";
import { assertEquals } from "../../assert.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";

const interval = 25;

/** A watch over workers of which the test says who beats. */
class TestHost extends FakeWorkers {
  readonly #watch = new HeartbeatMonitor(this.workerTable, this.scoreboard);
  readonly #stallReporter = new StallReporter(
    this.system.clock,
    this.workerTable,
    this.scoreboard,
    this.lifecycle,
  );
  readonly #settings: { readonly stallAfter: number; readonly slowRequest: number };
  /** Those whose event loop turns. */
  readonly turning = new Set<WorkerHandle>();

  constructor({ stallAfter = 100, slowRequest = 0 } = {}) {
    super();
    this.#settings = { stallAfter, slowRequest };
  }

  override ready(slot: number): WorkerHandle {
    const worker = super.ready(slot);
    this.turning.add(worker);
    return worker;
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += interval) {
      await this.system.clock.advance(interval);
      for (const worker of this.turning) {
        this.slotOf(worker).heartbeat();
        this.slotOf(worker).heartbeatInterval = interval;
      }
      this.poll();
    }
  }

  poll(): void {
    this.#watch.poll(this.now, interval, this.#settings.stallAfter);
    this.#stallReporter.report(this.#settings.slowRequest);
  }

  /** The worker is inside a handler and does not come back. */
  block(worker: WorkerHandle, path = "/block"): void {
    this.slotOf(worker).enter("GET", path, 1);
    this.turning.delete(worker);
  }
}

const blocked = "its event loop is held up for";
const turns = "info    worker=0 gen=1 pid=100  its event loop turns again after";

Deno.test("a stall of 5 s is told once, with its request, and its end once", async () => {
  const scene = new TestHost();
  const worker = scene.ready(0);
  scene.ready(1);
  await scene.pass(1_000);
  scene.block(worker);
  await scene.pass(4_900);
  assertEquals(scene.lines, [""]);
  assertEquals(worker.isStalled, true);
  await scene.pass(2_400);
  const warning = `warning worker=0 gen=1 pid=100  ${blocked} 5.0 s by GET /block`;
  assertEquals(scene.lines, [warning]);
  scene.slotOf(worker).leave();
  scene.turning.add(worker);
  await scene.pass(1_000);
  assertEquals(scene.lines, [warning, `${turns} 7.3 s`]);
});

Deno.test("a stall that ends before 5 s is not told at all", async () => {
  const scene = new TestHost();
  const worker = scene.ready(0);
  await scene.pass(100);
  scene.block(worker);
  await scene.pass(4_500);
  scene.turning.add(worker);
  await scene.pass(10_000);
  assertEquals(scene.lines, [""]);
});

Deno.test("slow-request takes the place of the 5 s, and every stall is told for itself", async () => {
  const scene = new TestHost({ slowRequest: 200 });
  const worker = scene.ready(0);
  for (let stall = 0; stall < 2; stall++) {
    await scene.pass(100);
    scene.block(worker);
    await scene.pass(500);
    scene.turning.add(worker);
  }
  await scene.pass(100);
  assertEquals(scene.lines.map((line) => line.replace(/^.*its event loop /, "")), [
    "is held up for 0.2 s by GET /block",
    "turns again after 0.5 s",
    "is held up for 0.2 s by GET /block",
    "turns again after 0.5 s",
  ]);
});

Deno.test("without stall-after a stall is told all the same", async () => {
  const scene = new TestHost({ stallAfter: 0 });
  const worker = scene.ready(0);
  await scene.pass(100);
  scene.block(worker);
  await scene.pass(6_000);
  assertEquals([worker.isStalled, scene.lines.length], [false, 1]);
});

Deno.test("where no handler is entered the longest request is named as a hint, of this process only", async () => {
  const scene = new TestHost({ slowRequest: 200 });
  const [known, unknown, foreign] = [scene.ready(0), scene.ready(1), scene.ready(2)];
  await scene.pass(100);
  scene.slotOf(known).setLongest("POST", "/upload", 1);
  scene.slotOf(foreign).enter("GET", "/of-another", 1);
  scene.slotOf(foreign).pid = 7;
  scene.turning.clear();
  await scene.pass(300);
  assertEquals(scene.lines.map((line) => line.replace(/^.*pid=/, "")), [
    `100  ${blocked} 0.2 s; the longest request in flight is POST /upload`,
    `${unknown.process.pid}  ${blocked} 0.2 s`,
    `102  ${blocked} 0.2 s`,
  ]);
});

Deno.test("a worker that rests beats seldom and is not held up; one that drains is watched as well", async () => {
  const scene = new TestHost({ slowRequest: 100 });
  const [resting, draining] = [scene.ready(0), scene.ready(1)];
  await scene.pass(100);
  scene.turning.clear();
  scene.slotOf(resting).heartbeatInterval = 250;
  draining.apply({ type: "drain", handedOver: true }, scene.now);
  await scene.pass(275);
  assertEquals(scene.lines, [`warning worker=1 gen=1 pid=101  ${blocked} 0.1 s`]);
});

Deno.test("a pause of the master is no stall of its workers", async () => {
  const scene = new TestHost();
  scene.ready(0);
  await scene.pass(1_000);
  await scene.system.clock.advance(20_000);
  scene.poll();
  await scene.pass(1_000);
  assertEquals(scene.lines, [""]);
});
