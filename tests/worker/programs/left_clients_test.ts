import type { ConnectionLook } from "../../../src/core/listeners/slow_connections.ts";
import type { NodeResponse } from "../../../src/system/system.ts";
import { InFlightRequest } from "../../../src/worker/http/in_flight_requests.ts";
import { LeftClients } from "../../../src/worker/programs/left_clients.ts";
import { assertEquals } from "../../assert.ts";
import { kept } from "../../fakes/connection_looks.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

/** Requests named by their URLs, from the ports of `looks` and others. */
function fakeWorker(looks: Partial<ConnectionLook>[], unread: readonly number[] = []) {
  const clock = new FakeClock();
  const entries = new Set<InFlightRequest>();
  const left: string[] = [];
  let rounds = 0;
  const sockets = {
    ...new FakeSystem().sockets,
    look() {
      rounds++;
      return { looks: looks.map((look, descriptor) => ({ ...kept, ...look, descriptor })), next: null };
    },
    hasUnread: (descriptor: number) => unread.includes(descriptor),
  };
  const abandon = (response: NodeResponse) => {
    for (const entry of entries) {
      if (entry.nodeResponse !== response) continue;
      left.push(entry.request.url);
      entries.delete(entry);
      if (entry.request.url === "/throws") throw new Error("a listener of the app");
    }
  };
  new LeftClients({ sockets, clock }, entries, new Set([8000]), abandon).start();
  const begin = (url: string, socket: { remotePort?: number; destroyed?: boolean }) => {
    const entry = new InFlightRequest({ method: "GET", url }, clock.monotonic());
    entry.peer = { socket };
    entry.nodeResponse = {} as NodeResponse;
    entries.add(entry);
  };
  return { clock, begin, left, looks, entries, rounds: () => rounds };
}

Deno.test("where the runtime says that a connection is closed, its requests are left at the next look", async () => {
  const { clock, begin, left, rounds } = fakeWorker([]);
  begin("/left", { destroyed: true });
  begin("/waiting", { destroyed: false, remotePort: 1 });
  await clock.advance(250);
  assertEquals([left, rounds()], [["/left"], 0]);
});

Deno.test("else the kernel is asked, twice, and only about what has been in flight for a while", async () => {
  const { clock, begin, left, rounds } = fakeWorker([
    { peerPort: 1 },
    { peerPort: 2, hasEnded: true },
    { peerPort: 3, hasEnded: true },
  ], [2]);
  await clock.advance(200);
  for (const remotePort of [1, 2, 3, 4]) begin(`/${remotePort}`, { remotePort });
  await clock.advance(50);
  assertEquals(rounds(), 0);
  await clock.advance(250);
  assertEquals([left, rounds()], [[], 1]);
  await clock.advance(250);
  assertEquals([left, rounds()], [["/2", "/4"], 2]);
});

Deno.test("the more connections there are, the less often the kernel is asked", async () => {
  const { clock, begin, rounds } = fakeWorker(Array.from({ length: 4_000 }, (_, peerPort) => ({ peerPort })));
  begin("/waiting", { remotePort: 1 });
  await clock.advance(250);
  assertEquals(rounds(), 1);
  await clock.advance(750);
  assertEquals(rounds(), 1);
  await clock.advance(500);
  assertEquals(rounds(), 2);
});

Deno.test("what a listener of the app throws is an uncaught error, and the looks go on", async () => {
  const { clock, begin, left } = fakeWorker([]);
  begin("/throws", { destroyed: true });
  const uncaught = await clock.advance(260).then(() => null, (error) => String(error));
  begin("/left", { destroyed: true });
  await clock.advance(500);
  assertEquals([uncaught, left], ["Error: a listener of the app", ["/throws", "/left"]]);
});

Deno.test("a request whose port is not known is not given up", async () => {
  const { clock, begin, left } = fakeWorker([]);
  begin("/unknown", {});
  await clock.advance(2_000);
  assertEquals(left, []);
});

Deno.test("two looks in a row must say so", async () => {
  const { clock, begin, left, looks, entries } = fakeWorker([]);
  begin("/waiting", { remotePort: 1 });
  await clock.advance(250);
  const [entry] = entries;
  entries.clear();
  await clock.advance(250);
  entries.add(entry!);
  await clock.advance(250);
  assertEquals(left, []);
  looks.push({ peerPort: 1 });
  await clock.advance(1_000);
  assertEquals(left, []);
});
