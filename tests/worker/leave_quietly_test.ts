import type { TcpSockets } from "../../src/system/system.ts";
import { drainSteered } from "../../src/worker/drain_steered.ts";
import { Requests } from "../../src/worker/requests.ts";
import { assertEquals } from "../assert.ts";
import { FakeClock, settled } from "../fakes/fake_clock.ts";
import { FakeSystem } from "../fakes/fake_system.ts";
import { lonelySlot } from "../fakes/slots.ts";

/** A worker that leaves: `connections` holds the moments at which each of them last carried something. */
function scene(drainIdle = 500, deadline = 30_000) {
  const clock = new FakeClock();
  const requests = new Requests(lonelySlot(), clock);
  const connections: number[] = [];
  const state = { waiting: 0, left: null as number | null, cut: 0, recalled: false };
  const sockets: TcpSockets = {
    ...new FakeSystem().sockets,
    waiting: () => state.waiting,
    connections: () => connections.map((last) => ({ descriptor: 9, idle: clock.monotonic() - last })),
  };
  const { promise: recalled, resolve: recall } = Promise.withResolvers<void>();
  const leave = () =>
    void drainSteered(requests, sockets, clock, {
      deadline,
      drainIdle,
      recalled,
      listeners: [{ descriptor: 7, port: 8000 }],
    }).then((report) => Object.assign(state, { ...report, left: clock.monotonic() }));
  const arrive = () => {
    const { promise: completed, resolve: finish } = Promise.withResolvers<void>();
    void requests.count(() => new Response(""))(new Request("http://localhost/"), {
      remoteAddr: { transport: "tcp" },
      completed,
    });
    return finish;
  };
  return { clock, connections, state, leave, arrive, recall };
}

Deno.test("without connections it leaves when those on their way have had time to arrive", async () => {
  const { clock, state, leave } = scene();
  leave();
  await clock.advance(499);
  assertEquals(state.left, null);
  await clock.advance(1);
  assertEquals(state.left, 500);
});

Deno.test("it waits for requests in flight, and until the last response can be out", async () => {
  const { clock, connections, state, leave, arrive } = scene();
  connections.push(0);
  const finish = arrive();
  leave();
  await clock.advance(10_000);
  assertEquals(state.left, null);
  finish();
  // The connection has carried nothing for ten seconds: the response is still on its way through the runtime.
  await clock.advance(249);
  assertEquals(state.left, null);
  await clock.advance(30);
  assertEquals(state.left, 10_250);
});

Deno.test("a connection that carries something keeps it, an accept queue does too", async () => {
  const { clock, connections, state, leave } = scene();
  connections.push(0, 400);
  leave();
  await clock.advance(899);
  assertEquals(state.left, null);
  state.waiting = 1;
  await clock.advance(100);
  assertEquals(state.left, null);
  state.waiting = 0;
  await clock.advance(100);
  assertEquals(state.left! <= 1_020, true);
});

Deno.test("the deadline ends the wait, and says how many it cut", async () => {
  const { clock, state, leave, arrive } = scene(500, 3_000);
  arrive();
  leave();
  await clock.advance(3_000);
  assertEquals([state.left, state.cut, state.recalled], [3_000, 1, false]);
});

Deno.test("recalled, it stops waiting at once", async () => {
  const { clock, state, leave, arrive, recall } = scene();
  arrive();
  leave();
  await clock.advance(1_000);
  recall();
  await settled();
  assertEquals([state.left, state.recalled], [1_000, true]);
});
