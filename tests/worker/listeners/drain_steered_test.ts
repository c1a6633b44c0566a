import type { TcpSockets } from "../../../src/system/system.ts";
import { drainSteered } from "../../../src/worker/listeners/drain_steered.ts";
import { assert, assertEquals } from "../../assert.ts";
import { FakeClock, settled } from "../../fakes/fake_clock.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";
import { uncountedRequests } from "../../fakes/slots.ts";

/** A worker that drains: `connections` holds the moment at which each connection last carried data. */
function fakeWorker(drainIdle = 500, deadline = 30_000) {
  const clock = new FakeClock();
  const requests = uncountedRequests(clock);
  const connections: number[] = [];
  const state = {
    waiting: 0,
    left: null as number | null,
    cut: 0,
    hasSteeringEnded: false,
    longestSearch: 0,
    heads: 0,
  };
  const sockets: TcpSockets = {
    ...new FakeSystem().sockets,
    waiting: () => state.waiting,
    findActive(_ports, recent, from, count) {
      state.longestSearch = Math.max(state.longestSearch, count);
      const end = Math.min(from + count, connections.length);
      for (let descriptor = from; descriptor < end; descriptor++) {
        const idle = clock.monotonic() - connections[descriptor]!;
        if (idle < recent) return { found: { descriptor, idle }, next: descriptor + 1 };
      }
      return { found: null, next: end < connections.length ? end : null };
    },
  };
  const { promise: steeringEnded, resolve: endSteering } = Promise.withResolvers<void>();
  const leave = () =>
    void drainSteered(requests, sockets, clock, {
      deadline,
      drainIdle,
      steeringEnded,
      listeners: [7],
      ports: new Set([8000]),
      heads: () => Promise.resolve(state.heads),
    }).then((report) => Object.assign(state, { ...report, left: clock.monotonic() }));
  const arrive = () => {
    const { promise: completed, resolve: finish } = Promise.withResolvers<void>();
    void requests.count(() => new Response(new ReadableStream()))(new Request("http://localhost/"), {
      remoteAddr: { transport: "tcp" },
      completed,
    });
    return finish;
  };
  return { clock, connections, state, leave, arrive, endSteering };
}

Deno.test("a worker without connections leaves when those on their way have had time to arrive", async () => {
  const { clock, state, leave } = fakeWorker();
  leave();
  await clock.advance(499);
  assertEquals(state.left, null);
  await clock.advance(1);
  assertEquals(state.left, 500);
});

Deno.test("it waits for requests in flight, and until the last response has left the process", async () => {
  const { clock, connections, state, leave, arrive } = fakeWorker();
  connections.push(0);
  const finish = arrive();
  leave();
  await clock.advance(10_000);
  assertEquals(state.left, null);
  finish();
  // The connection has carried no data for ten seconds: the response is still inside the runtime.
  await clock.advance(249);
  assertEquals(state.left, null);
  await clock.advance(30);
  assertEquals(state.left, 10_250);
});

Deno.test("it waits for a connection that carries data, and for an accept queue", async () => {
  const { clock, connections, state, leave } = fakeWorker();
  connections.push(0, 400);
  leave();
  await clock.advance(899);
  assertEquals(state.left, null);
  state.waiting = 1;
  await clock.advance(100);
  assertEquals(state.left, null);
  state.waiting = 0;
  await clock.advance(100);
  assert(state.left! <= 1_020);
});

Deno.test("many connections are searched in batches, and one that is active is found in any batch", async () => {
  const { clock, connections, state, leave } = fakeWorker();
  connections.push(...Array(10_000).fill(0));
  leave();
  await clock.advance(450);
  connections[9_999] = 450;
  await clock.advance(499);
  assertEquals(state.left, null);
  await clock.advance(10);
  assertEquals([state.left, state.longestSearch], [950, 512]);
});

Deno.test("a request that arrives during a search keeps the worker", async () => {
  const { clock, connections, state, leave, arrive } = fakeWorker();
  connections.push(...Array(10_000).fill(0));
  leave();
  clock.after(500, () => arrive()());
  await clock.advance(700);
  assertEquals(state.left, null);
  await clock.advance(200);
  assertEquals(state.left, 750);
});

Deno.test("the deadline ends the wait, and the report says how many requests it cut off", async () => {
  const { clock, state, leave, arrive } = fakeWorker(500, 3_000);
  arrive();
  leave();
  await clock.advance(3_000);
  assertEquals([state.left, state.cut, state.hasSteeringEnded], [3_000, 1, false]);
});

Deno.test("a worker without steering stops waiting at once", async () => {
  const { clock, state, leave, arrive, endSteering } = fakeWorker();
  arrive();
  leave();
  await clock.advance(1_000);
  endSteering();
  await settled();
  assertEquals([state.left, state.hasSteeringEnded], [1_000, true]);
});

Deno.test("it waits for heads that have begun, however long nothing comes", async () => {
  const { clock, state, leave } = fakeWorker();
  state.heads = 1;
  leave();
  await clock.advance(4_000);
  assertEquals(state.left, null);
  state.heads = 0;
  await clock.advance(100);
  assertEquals(state.left, 4_100);
});
