import type { TcpSockets } from "../../../src/system/system.ts";
import { drainSteered } from "../../../src/worker/listeners/drain_steered.ts";
import { assert, assertEquals } from "../../assert.ts";
import { FakeClock, settled } from "../../fakes/fake_clock.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";
import { counted, uncountedRequests } from "../../fakes/slots.ts";

/** A worker that drains: `connections` holds the moment at which each connection last carried data. */
function fakeWorker(drainIdle = 500, deadline = 30_000) {
  const clock = new FakeClock();
  const requests = uncountedRequests(clock);
  const connections: number[] = [];
  let nextPort = 50_000;
  const state = {
    waiting: 0,
    left: null as number | null,
    cut: 0,
    hasSteeringEnded: false,
    longestSearch: 0,
    heads: 0,
    offersHttp2: false,
    goneAway: null as number | null,
    goesAwayItself: true,
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
  /** Neither this process nor its clients run for so long: timers fire late. */
  const stall = (ms: number) => {
    const { monotonic } = clock;
    clock.monotonic = () => monotonic.call(clock) + ms;
  };
  const leave = () =>
    void drainSteered(requests, sockets, clock, {
      deadline,
      drainIdle,
      steeringEnded,
      listeners: [7],
      ports: new Set([8000]),
      heads: () => Promise.resolve(state.heads),
      untilOthersQuiet: () => 0,
      offersHttp2: state.offersHttp2,
      goAway: state.goesAwayItself ? () => void (state.goneAway = clock.monotonic()) : null,
    }).then((report) => Object.assign(state, { ...report, left: clock.monotonic() }));
  const arrive = (isHttp2 = false, port = nextPort++) => {
    const { promise: completed, resolve: finish } = Promise.withResolvers<void>();
    const headers = isHttp2 ? {} : { host: "localhost" };
    void counted(requests, () => new Response(new ReadableStream()))(
      new Request("http://localhost/", { headers }),
      { remoteAddr: { transport: "tcp", hostname: "192.0.2.1", port }, completed },
    );
    return finish;
  };
  return { clock, connections, state, leave, arrive, endSteering, stall };
}

Deno.test("a worker without connections leaves when those on their way have had time to arrive", async () => {
  const { clock, state, leave } = fakeWorker();
  leave();
  await clock.advance(519);
  assertEquals(state.left, null);
  await clock.advance(1);
  assertEquals(state.left, 520);
});

Deno.test("what had come while the worker did not run is read before it leaves", async () => {
  const { clock, connections, state, leave, arrive } = fakeWorker();
  connections.push(0);
  leave();
  await clock.advance(501);
  arrive()();
  await clock.advance(250);
  assertEquals(state.left, null);
  await clock.advance(50);
  assertEquals(state.left, 771);
});

Deno.test("silence while the worker itself did not run does not count: a client may not have run either", async () => {
  const { clock, connections, state, leave, stall } = fakeWorker();
  leave();
  await clock.advance(400);
  connections.push(400);
  // A virtual machine that was paused: the timer of 500 ms fires after 1,500 ms.
  stall(1_000);
  await clock.advance(599);
  assertEquals(state.left, null);
  await clock.advance(50);
  assertEquals(state.left, 2_020);
});

Deno.test("nor does it count if the worker did not run during its last wait", async () => {
  const { clock, connections, state, leave, stall } = fakeWorker();
  leave();
  await clock.advance(510);
  stall(1_000);
  await clock.advance(100);
  assertEquals(state.left, null);
  connections.push(1_600);
  await clock.advance(560);
  assertEquals(state.left, 2_120);
});

Deno.test("the same holds after a GOAWAY", async () => {
  const { clock, connections, state, leave, stall } = fakeWorker();
  state.offersHttp2 = true;
  leave();
  await clock.advance(530);
  assertEquals(state.goneAway, 520);
  stall(1_000);
  await clock.advance(100);
  assertEquals(state.left, null);
  connections.push(1_600);
  await clock.advance(560);
  assertEquals(state.left, 2_110);
});

Deno.test("a worker whose timers are always late leaves all the same", async () => {
  const { clock, state, leave, stall } = fakeWorker(100);
  leave();
  for (let turn = 0; turn < 100 && state.left === null; turn++) {
    stall(150);
    await clock.advance(20);
  }
  assert(state.left !== null && state.left < 8_000, String(state.left));
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
  assertEquals(state.left, 10_270);
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
  await clock.advance(30);
  assertEquals([state.left, state.longestSearch], [970, 512]);
});

Deno.test("a request that arrives during a search keeps the worker", async () => {
  const { clock, connections, state, leave, arrive } = fakeWorker();
  connections.push(...Array(10_000).fill(0));
  leave();
  clock.after(500, () => arrive()());
  await clock.advance(700);
  assertEquals(state.left, null);
  await clock.advance(200);
  assertEquals(state.left, 770);
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
  await clock.advance(120);
  assertEquals(state.left, 4_120);
});

Deno.test("clients of HTTP/2 get a GOAWAY once HTTP/1 is quiet, whatever they ask meanwhile", async () => {
  const { clock, state, leave, arrive } = fakeWorker();
  const finishLong = arrive(true);
  const finishOther = arrive();
  leave();
  for (let turn = 0; turn < 20; turn++) {
    const finish = arrive(true);
    await clock.advance(100);
    finish();
  }
  assertEquals([state.goneAway, state.left], [null, null]);
  finishOther();
  await clock.advance(270);
  assert(state.goneAway !== null && state.goneAway <= 2_290, String(state.goneAway));
  await clock.advance(5_000);
  assertEquals(state.left, null);
  finishLong();
  await clock.advance(300);
  assertEquals(state.left, 7_520);
  assertEquals(state.cut, 0);
});

Deno.test("a second request on a connection after Connection: close is of HTTP/2, even with a Host", async () => {
  const { clock, state, leave, arrive } = fakeWorker();
  leave();
  await clock.advance(10);
  const finishes = [arrive(false, 4711), arrive(false, 4711)];
  finishes[0]!();
  await clock.advance(1_000);
  assert(state.goneAway !== null);
  finishes[1]!();
  await clock.advance(300);
  assertEquals(state.left, 1_260);
});

Deno.test("after half of the time a GOAWAY is sent although something of HTTP/1 is in flight", async () => {
  const { clock, state, leave, arrive } = fakeWorker(500, 10_000);
  arrive();
  arrive(true);
  leave();
  await clock.advance(4_999);
  assertEquals(state.goneAway, null);
  await clock.advance(1);
  assertEquals(state.goneAway, 5_000);
  await clock.advance(5_000);
  assertEquals([state.left, state.cut], [10_000, 2]);
});

Deno.test("where HTTP/2 is offered, a GOAWAY ends the connections without requests, too; elsewhere none is sent", async () => {
  for (const offersHttp2 of [true, false]) {
    const { clock, state, leave, arrive } = fakeWorker();
    state.offersHttp2 = offersHttp2;
    arrive()();
    leave();
    await clock.advance(600);
    assertEquals([state.goneAway !== null, state.left !== null], [offersHttp2, true]);
  }
});

Deno.test("where each client of HTTP/2 gets its own GOAWAY, the worker waits for their end as for that of others", async () => {
  const { clock, connections, state, leave, arrive } = fakeWorker();
  state.goesAwayItself = false;
  const finish = arrive(true, 4711);
  leave();
  await clock.advance(10_000);
  assertEquals(state.left, null);
  finish();
  connections.push(10_000);
  await clock.advance(499);
  assertEquals(state.left, null);
  await clock.advance(50);
  assertEquals([state.left! <= 10_530, state.goneAway, state.cut], [true, null, 0]);
});
