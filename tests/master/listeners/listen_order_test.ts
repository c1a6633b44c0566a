import { openLog } from "../../../src/log/logger.ts";
import { ListenOrder } from "../../../src/master/listeners/listen_order.ts";
import { Steering } from "../../../src/master/listeners/steering.ts";
import type { WorkerHandle } from "../../../src/master/workers/worker_handle.ts";
import { FrameDecoder } from "../../../src/protocol/framing.ts";
import { assertEquals, assertMatch } from "../../assert.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";

const address = { hostname: "127.0.0.1", port: 8000 };

type Places = ConstructorParameters<typeof ListenOrder>[2];

/** Workers that record what the master sends them. */
class TestHost extends FakeWorkers {
  readonly sent: string[] = [];
  readonly order: ListenOrder;

  constructor(places: Places = { bind: [{ hostname: "127.0.0.1", port: 0 }] }) {
    super();
    const { logger } = openLog(
      this.system,
      { logLevel: "info", logFormat: "text", errorLogfile: "-" },
      { pid: 41 },
    );
    this.order = new ListenOrder(this.system.clock, new Steering(this.system, logger, null), places);
  }

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

const at = (port: number, hostname = "127.0.0.1") => ({ hostname, port });

/** An order without workers. */
function orderOf(places: Places): ListenOrder {
  return new TestHost(places).order;
}

Deno.test("the first worker decides where all listen, if bind is not set", () => {
  const order = orderOf({ bind: [at(8000)], isBindDefault: true });
  assertEquals(order.isOpen, true);
  assertEquals(order.grant([at(3000), at(9000)]), null);
  assertEquals(order.isOpen, false);
  assertEquals(order.addresses, [at(3000), at(9000)]);
  assertEquals(order.places, { listen: [at(8000)], isBindDefault: true });
  assertEquals(order.grant([at(3000), at(9000)]), null);
  assertMatch(
    order.grant([at(3000)]) ?? "",
    /asks to listen on 127.0.0.1:3000, and .* 127.0.0.1:3000, 127.0.0.1:9000/,
  );
  assertMatch(order.grant() ?? "", /asks to listen on 127.0.0.1:8000/);
});

Deno.test("bind stays the first address, also port 0, and programs may add others", () => {
  const order = orderOf({ bind: [at(0)] });
  assertEquals(order.grant([at(0), at(9000)]), null);
  // A later worker knows the real port.
  assertEquals(order.grant([at(4711), at(9000)]), null);
  assertEquals(order.addresses, [at(0), at(9000)]);
  assertEquals(order.places, { listen: [at(0)], isBindDefault: false });
  assertMatch(order.grant([at(4711), at(9001)]) ?? "", /127.0.0.1:0, 127.0.0.1:9001, and/);
});

Deno.test("a successor gets the names of hosts, which its workers will ask for, and real ports", () => {
  const host = new TestHost({ bind: [at(0, "localhost")], isBindDefault: true });
  assertEquals(host.order.stated, [at(0, "localhost")]);
  host.order.grant([at(3000, "localhost"), at(9000)]);
  assertEquals(host.order.join(host.loaded(0), [at(3000), at(9000)], "no /proc"), null);
  assertEquals(host.order.addresses, [at(3000), at(9000)]);
  assertEquals(host.order.stated, [at(3000, "localhost"), at(9000)]);
});

Deno.test("the workers of an upgrade listen where those of the old master do", () => {
  const asked = orderOf({ bind: [at(8000)], isBindDefault: true, inForce: ["127.0.0.1:3000"] });
  assertMatch(
    asked.grant() ?? "",
    /asks to listen on 127.0.0.1:8000, and the server listens on 127.0.0.1:3000/,
  );
  assertEquals(asked.grant([at(3000)]), null);
  assertEquals(asked.addresses, [at(3000)]);
  const bound = orderOf({ bind: [at(0)], inForce: ["127.0.0.1:4711", "127.0.0.1:9000"] });
  assertMatch(bound.grant() ?? "", /127.0.0.1:0, and the server listens on 127.0.0.1:0, 127.0.0.1:9000/);
  assertEquals(bound.grant([at(0), at(9000)]), null);
});

Deno.test("no worker listens while it is not known whether the addresses are free", () => {
  const host = new TestHost();
  host.order.hold();
  host.loaded(0);
  assertEquals(host.sent, []);
  host.order.release();
  assertEquals(host.sent, ["listen 0"]);
});
