import type { WorkerClass } from "../../../src/settings/kinds/worker_class.ts";
import type { WorkerHandle } from "../../../src/master/workers/worker_handle.ts";
import { StallReporter } from "../../../src/master/listeners/stall_reporter.ts";
import { HeartbeatMonitor } from "../../../src/master/listeners/heartbeat_monitor.ts";
import { assertEquals } from "../../assert.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";

const interval = 25;

/** A heartbeat monitor over workers whose event loops the test blocks. */
class TestHost extends FakeWorkers {
  readonly monitor = new HeartbeatMonitor(this.system.clock, this.workerTable, this.scoreboard);
  readonly #stallReporter = new StallReporter({
    clock: this.system.clock,
    workerTable: this.workerTable,
    scoreboard: this.scoreboard,
    heartbeatMonitor: this.monitor,
    lifecycle: this.lifecycle,
  });
  readonly #settings: { readonly stallAfter: number; readonly timeout: number; readonly slowRequest: number };
  /** Workers whose event loop runs. */
  readonly responsive = new Set<WorkerHandle>();

  constructor({ stallAfter = 100, timeout = 0, slowRequest = 0 } = {}) {
    super();
    this.#settings = { stallAfter, timeout, slowRequest };
  }

  override ready(slot: number): WorkerHandle {
    const worker = super.ready(slot);
    this.responsive.add(worker);
    return worker;
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += interval) {
      await this.system.clock.advance(interval);
      for (const worker of this.responsive) {
        this.slotOf(worker).heartbeat();
        this.slotOf(worker).heartbeatInterval = interval;
      }
      this.poll();
    }
  }

  poll(): void {
    this.monitor.poll(interval, this.#settings);
    this.#stallReporter.report(this.#settings.slowRequest);
  }

  /** The worker is inside a handler that does not return. */
  block(worker: WorkerHandle, path = "/block"): void {
    this.slotOf(worker).enter("GET", path, 1);
    this.responsive.delete(worker);
  }
}

const blocked = "event loop blocked for";
const responsiveAgain = "info    worker=0 gen=1 pid=100  event loop responsive again after";

Deno.test("a stall of 5 s is logged once, with its request, and its end once", async () => {
  const host = new TestHost();
  const worker = host.ready(0);
  host.ready(1);
  await host.pass(1_000);
  host.block(worker);
  await host.pass(4_900);
  assertEquals(host.lines, [""]);
  assertEquals(host.monitor.isStalled(worker), true);
  await host.pass(2_400);
  const warning = `warning worker=0 gen=1 pid=100  ${blocked} 5.0 s by GET /block`;
  assertEquals(host.lines, [warning]);
  host.slotOf(worker).leave();
  host.responsive.add(worker);
  await host.pass(1_000);
  assertEquals(host.lines, [warning, `${responsiveAgain} 7.3 s`]);
});

Deno.test("a stall that ends before 5 s is not logged", async () => {
  const host = new TestHost();
  const worker = host.ready(0);
  await host.pass(100);
  host.block(worker);
  await host.pass(4_500);
  host.responsive.add(worker);
  await host.pass(10_000);
  assertEquals(host.lines, [""]);
});

Deno.test("slow-request takes the place of the 5 s, and every stall is logged", async () => {
  const host = new TestHost({ slowRequest: 200 });
  const worker = host.ready(0);
  for (let stall = 0; stall < 2; stall++) {
    await host.pass(100);
    host.block(worker);
    await host.pass(500);
    host.responsive.add(worker);
  }
  await host.pass(100);
  assertEquals(host.lines.map((line) => line.replace(/^.*event loop /, "")), [
    "blocked for 0.2 s by GET /block",
    "responsive again after 0.5 s",
    "blocked for 0.2 s by GET /block",
    "responsive again after 0.5 s",
  ]);
});

Deno.test("without stall-after a long stall is still logged", async () => {
  const host = new TestHost({ stallAfter: 0 });
  const worker = host.ready(0);
  await host.pass(100);
  host.block(worker);
  await host.pass(6_000);
  assertEquals([host.monitor.isStalled(worker), host.lines.length], [false, 1]);
});

Deno.test("with no handler running the longest request of this process is named as a hint", async () => {
  const host = new TestHost({ slowRequest: 200 });
  const [known, unknown, foreign] = [host.ready(0), host.ready(1), host.ready(2)];
  await host.pass(100);
  host.slotOf(known).setLongest("POST", "/upload", 1);
  host.slotOf(foreign).enter("GET", "/of-another", 1);
  host.slotOf(foreign).pid = 7;
  host.responsive.clear();
  await host.pass(300);
  assertEquals(host.lines.map((line) => line.replace(/^.*pid=/, "")), [
    `100  ${blocked} 0.2 s; the longest request in flight is POST /upload`,
    `${unknown.process.pid}  ${blocked} 0.2 s`,
    `102  ${blocked} 0.2 s`,
  ]);
});

Deno.test("an idle worker has a longer heartbeat interval and is not stalled; a draining one is monitored too", async () => {
  const host = new TestHost({ slowRequest: 100 });
  const [resting, draining] = [host.ready(0), host.ready(1)];
  await host.pass(100);
  host.responsive.clear();
  host.slotOf(resting).heartbeatInterval = 250;
  draining.apply({ type: "drain", handedOver: true, isRestart: false }, host.now);
  await host.pass(275);
  assertEquals(host.lines, [`warning worker=1 gen=1 pid=101  ${blocked} 0.1 s`]);
});

Deno.test("a pause of the master is not a stall of its workers", async () => {
  const host = new TestHost();
  host.ready(0);
  await host.pass(1_000);
  await host.system.clock.advance(20_000);
  host.poll();
  await host.pass(1_000);
  assertEquals(host.lines, [""]);
});

Deno.test("a worker that is unresponsive for longer than timeout is killed, and a draining one is not", async () => {
  const host = new TestHost({ timeout: 30_000 });
  const [worker, draining, healthy] = [host.ready(0), host.ready(1), host.ready(2)];
  await host.pass(100);
  draining.apply({ type: "drain", handedOver: true, isRestart: false }, host.now);
  host.block(worker);
  host.block(draining);
  await host.pass(29_900);
  assertEquals(worker.state.is, "ready");
  await host.pass(200);
  assertEquals(worker.state, { is: "killed", because: "unresponsive" });
  assertEquals([draining.state.is, healthy.state.is], ["draining", "ready"]);
});

Deno.test("timeout 0 never kills an unresponsive worker", async () => {
  const host = new TestHost({ timeout: 0 });
  const worker = host.ready(0);
  host.block(worker);
  await host.pass(100_000);
  assertEquals(worker.state.is, "ready");
});

Deno.test("stalled workers get no new connections unless all are stalled", async () => {
  const host = new TestHost();
  const workers = [host.ready(0), host.ready(1)] as const;
  await host.pass(100);
  host.block(workers[0]);
  await host.pass(200);
  assertEquals(Array.from(host.monitor.eligible()), [workers[1]]);
  host.block(workers[1]);
  await host.pass(200);
  assertEquals(Array.from(host.monitor.eligible()), [...workers]);
});

Deno.test("spares get new connections if all others are stalled or gone, and not otherwise", async () => {
  const host = new TestHost();
  const [active, spare] = [host.ready(0), host.ready(1)];
  active.promote();
  spare.becomeSpare();
  await host.pass(100);
  assertEquals(Array.from(host.monitor.eligible()), [active]);
  host.block(active);
  await host.pass(200);
  assertEquals(Array.from(host.monitor.eligible()), [spare]);
  host.block(spare);
  await host.pass(200);
  assertEquals(Array.from(host.monitor.eligible()), [active]);
  active.disconnect(host.now);
  assertEquals(Array.from(host.monitor.eligible()), [spare]);
});

Deno.test("the pace follows the current settings", async () => {
  const host = new TestHost();
  const worker = host.ready(0);
  host.slotOf(worker).heartbeatInterval = interval;
  let limits: { stallAfter: number; timeout: number; workerClass: WorkerClass } = {
    ...{ stallAfter: 1_000, timeout: 0, workerClass: "async" },
  };
  let polls = 0;
  const stop = host.monitor.start(() => limits, () => void polls++);
  await host.system.clock.advance(1_000);
  assertEquals(polls, 4);
  limits = { ...limits, stallAfter: 100 };
  await host.system.clock.advance(250);
  polls = 0;
  await host.system.clock.advance(1_000);
  assertEquals(polls, 40);
  stop();
});

Deno.test("while no worker has anything to do, polls are rarer, unless the next request must find the one before", async () => {
  for (const [workerClass, expected] of [["async", 10], ["sync", 80]] as const) {
    const host = new TestHost();
    const worker = host.ready(0);
    host.slotOf(worker).heartbeatInterval = 250;
    let polls = 0;
    const stop = host.monitor.start(
      () => ({ stallAfter: 50, timeout: 0, workerClass }),
      () => void polls++,
    );
    await host.system.clock.advance(250);
    polls = 0;
    await host.system.clock.advance(1_000);
    assertEquals(polls, expected, workerClass);
    stop();
  }
});
