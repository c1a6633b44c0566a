import type { ConnectionLook } from "../../../src/core/listeners/slow_connections.ts";
import { Http2Drain } from "../../../src/worker/http/http2_drain.ts";
import type { InFlightRequest } from "../../../src/worker/http/in_flight_requests.ts";
import { AnnouncedEnds } from "../../../src/worker/listeners/announced_ends.ts";
import { assertEquals } from "../../assert.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

/** Connections from the ports 1 to 3; nothing has arrived on the last one. `taken`: what its client has of its answer. */
function fakeWorker(isDraining = false) {
  const clock = new FakeClock();
  const inFlight = new Map<number, InFlightRequest | null>();
  const ended: [number, number][] = [];
  const http2 = new Http2Drain();
  const taken = new Map([[1, 100], [2, 100], [3, 0]]);
  let looks = 0;
  const sockets = {
    ...new FakeSystem().sockets,
    look: () => {
      looks++;
      return {
        looks: [1, 2, 3].map((peerPort) => ({
          ...look(peerPort, peerPort === 3 ? 0 : 9, taken.get(peerPort)!),
          sinceReceived: clock.monotonic(),
        })),
        next: null,
      };
    },
    stopReading: (descriptor: number) => ended.push([descriptor, clock.monotonic()]),
  };
  const ends = new AnnouncedEnds(
    { sockets, clock },
    { peers: () => ({ inFlight, areKnown: true }), http2, isDraining },
    () => new Set([8000]),
  );
  return { clock, inFlight, http2, ended, ends, taken, looks: () => looks };
}

function look(peerPort: number, received: number, taken: number): ConnectionLook {
  const times = { isSending: false, sinceReceived: 0, sinceSent: 0 };
  return { descriptor: 10 + peerPort, peerPort, isPlain: true, received, taken, hasEnded: false, ...times };
}

Deno.test("connections are ended together, a moment after their last response", async () => {
  const { clock, ended, ends, looks } = fakeWorker();
  ends.add(1);
  await clock.advance(10);
  ends.add(2);
  ends.add(0);
  await clock.advance(10);
  assertEquals([ended, looks()], [[[11, 20], [12, 20]], 1]);
  await clock.advance(1_000);
  assertEquals([looks(), clock.timers], [1, 0]);
});

Deno.test("a response that is still being sent is waited for", async () => {
  const { clock, ended, ends, inFlight, looks } = fakeWorker();
  inFlight.set(1, null);
  ends.add(1);
  await clock.advance(900);
  assertEquals([ended, looks()], [[], 0]);
  inFlight.clear();
  await clock.advance(250);
  assertEquals(ended.map(([descriptor]) => descriptor), [11]);
});

Deno.test("a connection that was made at the same port since is left alone", async () => {
  const { clock, ended, ends } = fakeWorker();
  ends.add(3);
  await clock.advance(1_000);
  assertEquals(ended, []);
});

Deno.test("a client that has nothing of its response yet is not cut off from it", async () => {
  const { clock, ended, ends, taken } = fakeWorker();
  taken.set(1, 0);
  ends.add(1);
  await clock.advance(500);
  assertEquals(ended, []);
  taken.set(1, 100);
  await clock.advance(250);
  assertEquals(ended.map(([descriptor]) => descriptor), [11]);
});

Deno.test("while the worker drains, a connection ends when it is quiet, unless it turns out to be of HTTP/2", async () => {
  const { clock, http2, ended, ends } = fakeWorker(true);
  ends.add(1);
  ends.add(2);
  await clock.advance(450);
  assertEquals(ended, []);
  http2.ports.add(1);
  await clock.advance(1_000);
  assertEquals([ended.map(([descriptor]) => descriptor), clock.timers], [[12], 0]);
});
