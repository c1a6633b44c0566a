import type {
  ConnectionLimits,
  ConnectionLook,
  Timeout,
} from "../../../src/core/listeners/slow_connections.ts";
import { InFlightRequest } from "../../../src/worker/http/in_flight_requests.ts";
import { SlowClients } from "../../../src/worker/listeners/slow_clients.ts";
import { assertEquals, assertMatch } from "../../assert.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";
import { kept, limits } from "../../fakes/connection_looks.ts";

/** A connection for each of `given`, which ages until it is changed. */
function fakeWorker(...given: readonly Partial<ConnectionLook>[]) {
  const clock = new FakeClock();
  const system = new FakeSystem();
  const connections: (ConnectionLook | null)[] = given.map((look, descriptor) => ({
    ...kept,
    ...look,
    descriptor,
  }));
  const ended: [number, string | null][] = [];
  const log: [Timeout, number][] = [];
  const failures: string[] = [];
  const state = {
    inFlight: new Map<number, InFlightRequest | null>(),
    areKnown: true,
    soft: 1_000,
    unread: -1,
    looks: 0,
    ports: new Set([8000]),
  };
  const see = (descriptor: number): ConnectionLook | null => {
    const look = connections[descriptor] ?? null;
    const age = clock.monotonic();
    return look && { ...look, sinceReceived: look.sinceReceived + age, sinceSent: look.sinceSent + age };
  };
  const sockets = {
    ...system.sockets,
    look(_ports: ReadonlySet<number>, from: number, count: number) {
      state.looks++;
      const end = Math.min(from + count, connections.length);
      const looks = Array.from({ length: end - from }, (_, index) => see(from + index));
      return { looks: looks.filter((look) => look !== null), next: end < connections.length ? end : null };
    },
    lookAt: (_ports: ReadonlySet<number>, descriptor: number) => see(descriptor),
    hasUnread: (descriptor: number) => descriptor === state.unread,
    end(descriptor: number, last: Uint8Array<ArrayBuffer> | null) {
      ended.push([descriptor, last && new TextDecoder().decode(last)]);
      connections[descriptor] = null;
    },
  };
  const openFiles = { ...system.openFiles, limit: () => ({ soft: state.soft, hard: state.soft }) };
  const slowClients = new SlowClients({ sockets, clock, openFiles }, {
    peers: () => state,
    failed: (kind) => failures.push(kind),
  }, {
    // The settings of a worker, of which most are no limits of connections.
    limits: { ...limits, heartbeatInterval: 25 } as ConnectionLimits,
    ports: () => state.ports,
    isPlain: () => true,
    onEnded: (timeout, count) => log.push([timeout, count]),
  });
  slowClients.start();
  return { clock, slowClients, connections, ended, log, failures, state };
}

Deno.test("each slow client is ended a moment after its time, and counted", async () => {
  const { clock, ended, log, failures } = fakeWorker(
    { received: 0, taken: 0 },
    { received: 9, taken: 0, peerPort: 40_001 },
    { peerPort: 40_002 },
    { isSending: true, peerPort: 40_003 },
  );
  await clock.advance(10_000);
  assertEquals(ended, []);
  await clock.advance(200);
  assertEquals(ended.map(([descriptor]) => descriptor), [0, 1]);
  assertEquals(ended[0]![1], "");
  assertMatch(ended[1]![1]!, /^HTTP\/1\.1 408 Request Timeout\r\ndate: .* GMT\r\nconnection: close\r\n/);
  await clock.advance(90_000);
  assertEquals(ended.slice(2), [[3, null], [2, ""]]);
  assertEquals(log, [["header-timeout", 2], ["write-timeout", 1], ["keep-alive", 1]]);
  assertEquals(failures, ["slow"]);
});

Deno.test("all connections are looked at every 2 s, and never where the worker listens nowhere", async () => {
  const { clock, state } = fakeWorker({ received: 0, taken: 0 });
  await clock.advance(8_000);
  assertEquals(state.looks, 4);
  state.ports.clear();
  await clock.advance(8_000);
  assertEquals(state.looks, 4);
});

Deno.test("what changes at the last moment saves a connection, but a head that trickles in", async () => {
  const { clock, connections, ended } = fakeWorker(
    { received: 0, taken: 0 },
    { received: 9, taken: 0, peerPort: 40_001 },
    { received: 9, taken: 0, peerPort: 40_002 },
  );
  await clock.advance(10_100);
  connections[0] = { ...connections[0]!, received: 20 };
  connections[1] = { ...connections[1]!, taken: 20 };
  connections[2] = { ...connections[2]!, received: 10 };
  await clock.advance(200);
  assertEquals(ended.map(([descriptor]) => descriptor), [2]);
});

Deno.test("a request in flight, one that is unread, and one of an unknown client save connections", async () => {
  const { clock, ended, state } = fakeWorker({ received: 9, taken: 0 });
  state.unread = 0;
  await clock.advance(20_000);
  state.unread = -1;
  state.areKnown = false;
  await clock.advance(20_000);
  state.areKnown = true;
  state.inFlight.set(40_000, null);
  await clock.advance(100_000);
  assertEquals(ended, []);
  state.inFlight.clear();
  await clock.advance(20_000);
  assertEquals(ended.length, 1);
});

Deno.test("a body is only late if its app waits for it", async () => {
  const { clock, ended, state } = fakeWorker({}, { peerPort: 40_001 });
  const body = new ReadableStream<Uint8Array>({ pull: () => new Promise<void>(() => {}) });
  const request = new Request("http://localhost/", { method: "POST", body });
  const answered = new InFlightRequest(request, 0);
  answered.status = 200;
  state.inFlight.set(40_000, new InFlightRequest(request, 0)).set(40_001, answered);
  await clock.advance(60_000);
  assertEquals(ended, []);
  void request.body!.getReader().read();
  await clock.advance(3_000);
  assertEquals(ended.map(([descriptor, last]) => [descriptor, last?.slice(0, 12)]), [
    [0, "HTTP/1.1 408"],
    [1, undefined],
  ]);
  assertEquals(Array.from(state.inFlight.values(), (entry) => entry?.hasTimedOut), [true, false]);
});

Deno.test("beyond nine tenths of the file limit, those that were idle longest are closed", async () => {
  const { clock, ended, state } = fakeWorker(
    ...Array.from(
      { length: 95 },
      (_, index) => ({ sinceReceived: index, sinceSent: index, peerPort: index + 1 }),
    ),
  );
  state.soft = 100;
  state.inFlight.set(95, null);
  await clock.advance(2_000);
  assertEquals(ended.map(([descriptor]) => descriptor), [93, 92, 91, 90, 89]);
});

Deno.test("10,000 connections are looked at in turns of the event loop", async () => {
  const { clock, slowClients, ended } = fakeWorker(
    ...Array.from({ length: 10_000 }, (_, index) => ({ received: 9, taken: 0, peerPort: index + 1 })),
  );
  let isOver = false;
  void slowClients.look().then(() => isOver = true);
  assertEquals(isOver, false);
  await clock.advance(12_400);
  assertEquals([isOver, ended.length], [true, 10_000]);
});

Deno.test("while draining, a head has five seconds, or what was left to it if that is less", async () => {
  const { clock, slowClients, connections, ended } = fakeWorker({ received: 9, taken: 0 });
  await clock.advance(8_000);
  connections.push({
    ...kept,
    descriptor: 1,
    received: 9,
    taken: 0,
    peerPort: 40_001,
    sinceReceived: -8_000,
  });
  slowClients.startDraining();
  assertEquals(await slowClients.headsNow(), 2);
  await clock.advance(2_500);
  assertEquals(ended.map(([descriptor]) => descriptor), [0]);
  await clock.advance(3_000);
  assertEquals(ended.map(([descriptor]) => descriptor), [0, 1]);
  assertEquals(await slowClients.headsNow(), 0);
  assertEquals(slowClients.lateHeads.cut, 2);
});

Deno.test("where the kernel does not say, nothing is looked at again", async () => {
  const clock = new FakeClock();
  const system = new FakeSystem();
  const look = () => {
    throw new Error("not supported");
  };
  const slowClients = new SlowClients({ ...system, sockets: { ...system.sockets, look }, clock }, {
    peers: () => ({ inFlight: new Map(), areKnown: true }),
    failed: () => {},
  }, { limits, ports: () => new Set([8000]), isPlain: () => true, onEnded: () => {} });
  slowClients.start();
  await clock.advance(2_000);
  assertEquals(clock.timers, 0);
});
