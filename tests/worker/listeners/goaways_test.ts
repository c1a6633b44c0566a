import type { Sending } from "../../../src/core/listeners/frame_boundary.ts";
import type { InFlightRequest } from "../../../src/worker/http/in_flight_requests.ts";
import { Goaways } from "../../../src/worker/listeners/goaways.ts";
import { assertEquals } from "../../assert.ts";
import { kept } from "../../fakes/connection_looks.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

/** Connections from the ports 1 to 3, the last one over TLS, under the descriptors 11 to 13. */
function fakeWorker() {
  const clock = new FakeClock();
  const sending = new Map<number, Sending>();
  for (const descriptor of [11, 12, 13]) {
    sending.set(descriptor, { sent: 100, unacknowledged: 0, waiting: 0 });
  }
  const sent: [number, number, string][] = [];
  const lookAt = (descriptor: number) => {
    const peerPort = descriptor - 10;
    return sending.has(descriptor) ? { ...kept, descriptor, peerPort, isPlain: peerPort < 3 } : null;
  };
  const sockets = {
    ...new FakeSystem().sockets,
    look: () => ({ looks: [11, 12, 13].map(lookAt).filter((look) => look !== null), next: null }),
    lookAt: (_ports: ReadonlySet<number>, descriptor: number) => lookAt(descriptor),
    sending: (descriptor: number) => sending.get(descriptor) ?? null,
    send: (descriptor: number, bytes: Uint8Array) =>
      sent.push([descriptor, clock.monotonic(), bytes.toHex()]),
  };
  const inFlight = new Map<number, InFlightRequest | null>();
  const goaways = new Goaways({ sockets, clock }, { peers: () => ({ inFlight, areKnown: true }) }, {
    ports: new Set([8000]),
    isPlain: () => true,
  });
  return { clock, sending, sent, goaways, inFlight };
}

const frame = "000008070000000000" + "7fffffff" + "00000000";

Deno.test("a client gets one GOAWAY, between two frames", async () => {
  const { clock, sending, sent, goaways } = fakeWorker();
  goaways.add(1, true);
  sending.set(11, { sent: 5_000_000, unacknowledged: 30, waiting: 9_000 });
  await clock.advance(50);
  assertEquals(sent, []);
  sending.set(11, { sent: 6_000_000, unacknowledged: 1, waiting: 0 });
  await clock.advance(20);
  assertEquals(sent, [[11, 64, frame]]);
  goaways.add(1, true);
  await clock.advance(1_000);
  assertEquals([sent.length, clock.timers], [1, 0]);
});

Deno.test("nothing is written over TLS, nor to a connection that is gone or another one now", async () => {
  const { clock, sending, sent, goaways } = fakeWorker();
  goaways.add(3, true);
  goaways.add(4, true);
  goaways.add(2, true);
  await clock.advance(8);
  sending.delete(12);
  await clock.advance(100);
  assertEquals([sent, clock.timers], [[], 0]);
});

Deno.test("a client that is known while others wait gets its own", async () => {
  const { clock, sending, sent, goaways } = fakeWorker();
  sending.set(11, { sent: 100, unacknowledged: 9, waiting: 0 });
  goaways.add(1, true);
  await clock.advance(12);
  goaways.add(2, true);
  await clock.advance(30);
  assertEquals(sent.map(([descriptor]) => descriptor), [12]);
  sending.set(11, { sent: 100, unacknowledged: 0, waiting: 0 });
  await clock.advance(30);
  assertEquals(sent.map(([descriptor]) => descriptor), [12, 11]);
});

Deno.test("a client that may speak HTTP/1.0 gets it only if its connection is open a while after the answer", async () => {
  const { clock, sending, sent, goaways, inFlight } = fakeWorker();
  inFlight.set(1, null);
  goaways.add(1, false);
  goaways.add(2, false);
  await clock.advance(200);
  // The runtime has closed the other one.
  sending.delete(12);
  await clock.advance(1_000);
  assertEquals(sent, []);
  inFlight.clear();
  await clock.advance(245);
  assertEquals(sent, []);
  await clock.advance(30);
  assertEquals([sent.map(([descriptor]) => descriptor), clock.timers], [[11], 0]);
});

Deno.test("its next request shows that it is of HTTP/2", async () => {
  const { clock, sent, goaways, inFlight } = fakeWorker();
  inFlight.set(1, null);
  goaways.add(1, false);
  await clock.advance(20);
  goaways.add(1, true);
  await clock.advance(20);
  assertEquals(sent.length, 1);
});

Deno.test("new requests of a connection that never stops sending wait until it has got its GOAWAY, or for 2 s", async () => {
  const { clock, sending, sent, goaways } = fakeWorker();
  const busy = { sent: 5_000_000, unacknowledged: 30, waiting: 9_000 };
  sending.set(11, busy);
  goaways.add(1, true);
  const isHeld = () => goaways.heldBack(1) !== null;
  await clock.advance(250);
  assertEquals([isHeld(), goaways.heldBack(2)], [false, null]);
  await clock.advance(50);
  assertEquals(isHeld(), true);
  let released = 0;
  void goaways.heldBack(1)!.then(() => released++);
  await clock.advance(1_900);
  assertEquals([isHeld(), released], [true, 0]);
  await clock.advance(150);
  assertEquals([isHeld(), released, sent], [false, 1, []]);
  // The pause is twice as long now.
  await clock.advance(400);
  assertEquals(isHeld(), false);
  await clock.advance(150);
  void goaways.heldBack(1)!.then(() => released++);
  sending.set(11, { ...busy, unacknowledged: 0, waiting: 0 });
  await clock.advance(30);
  assertEquals([isHeld(), released, sent.length, clock.timers], [false, 2, 1, 0]);
});

Deno.test("requests do not wait for a connection that is gone", async () => {
  const { clock, sending, goaways } = fakeWorker();
  sending.set(11, { sent: 5_000_000, unacknowledged: 30, waiting: 9_000 });
  goaways.add(1, true);
  await clock.advance(300);
  let isReleased = false;
  void goaways.heldBack(1)!.then(() => isReleased = true);
  sending.delete(11);
  await clock.advance(30);
  assertEquals([isReleased, goaways.heldBack(1), clock.timers], [true, null, 0]);
});
