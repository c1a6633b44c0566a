import { openLog } from "../../../src/log/logger.ts";
import { ListenOrder } from "../../../src/master/listeners/listen_order.ts";
import { Steering } from "../../../src/master/listeners/steering.ts";
import type { WorkerHandle } from "../../../src/master/workers/worker_handle.ts";
import { FrameDecoder } from "../../../src/protocol/framing.ts";
import { assertEquals } from "../../assert.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";

const address = { hostname: "127.0.0.1", port: 8000 };

/** Workers that record what the master sends them. */
class TestHost extends FakeWorkers {
  readonly sent: string[] = [];
  readonly order = new ListenOrder(
    this.system.clock,
    new Steering(
      this.system,
      openLog(
        this.system,
        { logLevel: "info", logFormat: "text", errorLogfile: "-" },
        { pid: 41 },
      ).logger,
      null,
    ),
    [{ hostname: "127.0.0.1", port: 0 }],
  );

  loaded(slot: number): WorkerHandle {
    const worker = this.booting(slot);
    const decoder = new FrameDecoder();
    worker.connect({
      receive: async function* () {},
      send: (bytes) => {
        for (const message of decoder.push(bytes)) {
          this.sent.push(`${(message as { type: string }).type} ${slot}`);
        }
        return Promise.resolve();
      },
      close: () => {},
    });
    worker.apply({ type: "loaded" }, this.now);
    this.order.queue(worker);
    return worker;
  }

  listens(worker: WorkerHandle): void {
    worker.apply({ type: "ready" }, this.now);
    this.order.join(worker, [address], undefined);
  }
}

Deno.test("workers are asked to listen one after another, in the order in which they were loaded", () => {
  const host = new TestHost();
  const [first, second] = [host.loaded(0), host.loaded(1)];
  host.order.queue(second);
  assertEquals(host.sent, ["listen 0"]);
  host.listens(first);
  assertEquals(host.sent, ["listen 0", "listen 1"]);
});

Deno.test("the addresses have the real port as soon as a worker listens", () => {
  const host = new TestHost();
  assertEquals(host.order.addresses, [{ hostname: "127.0.0.1", port: 0 }]);
  host.listens(host.loaded(0));
  assertEquals(host.order.addresses, [address]);
});

Deno.test("a worker that does not listen within 10 s is killed, and the next one's turn comes with its exit", async () => {
  const host = new TestHost();
  const [stuck, next] = [host.loaded(0), host.loaded(1)];
  await host.system.clock.advance(9_900);
  host.order.tick();
  assertEquals(stuck.state.is, "booting");
  await host.system.clock.advance(200);
  host.order.tick();
  host.order.tick();
  assertEquals([stuck.state, next.state.is], [{ is: "killed", because: "listen-timeout" }, "booting"]);
  host.order.leave(stuck);
  assertEquals(host.sent, ["listen 0", "listen 1"]);
});

Deno.test("a worker that waits for others is not late: its own turn begins its deadline", async () => {
  const host = new TestHost();
  const [first, second] = [host.loaded(0), host.loaded(1)];
  await host.system.clock.advance(9_900);
  host.listens(first);
  await host.system.clock.advance(9_900);
  host.order.tick();
  second.apply({ type: "tick" }, host.now + 600_000);
  assertEquals(second.state.is, "booting");
});

Deno.test("a worker that serves and lost its listeners has 30 s to open new ones", async () => {
  const host = new TestHost();
  const worker = host.loaded(0);
  host.listens(worker);
  host.order.leave(worker);
  host.order.queue(worker);
  await host.system.clock.advance(29_900);
  host.order.tick();
  assertEquals(worker.state.is, "ready");
  await host.system.clock.advance(200);
  host.order.tick();
  assertEquals(worker.state, { is: "killed", because: "lost-listeners" });
});
