import type { HttpServer } from "../../../src/system/system.ts";
import { sleep } from "../../../src/system/clock.ts";
import { drain } from "../../../src/worker/listeners/drain.ts";
import { assertEquals } from "../../assert.ts";
import { FakeClock, settled } from "../../fakes/fake_clock.ts";
import { counted, uncountedRequests } from "../../fakes/slots.ts";

/** A worker with one server; `arrive` begins a request, `finish` ends all of them. */
function fakeWorker() {
  const clock = new FakeClock();
  const requests = uncountedRequests(clock);
  const { promise, resolve } = Promise.withResolvers<void>();
  const arrive = () =>
    void counted(requests, () => new Response(new ReadableStream()))(new Request("http://localhost/"), {
      remoteAddr: { transport: "tcp" },
      completed: promise,
    });
  const log: string[] = [];
  const closed = Promise.withResolvers<void>();
  const server: HttpServer = {
    address: { hostname: "localhost", port: 1 },
    stopAccepting() {
      log.push(`stop accepting at ${clock.monotonic()}`);
      return closed.promise;
    },
  };
  const state = { areKept: false };
  const start = (deadline: number, isBusy = false, isSending = () => false, untilIdle = () => 0) =>
    void drain([server], requests, clock, {
      deadline,
      isBusy,
      untilIdle: () => Promise.resolve(untilIdle()),
      heads: () => Promise.resolve(0),
      isSending: () => Promise.resolve(isSending()),
      leaveAddresses: () => sleep(clock, 100),
      keepHttp2: () => state.areKept,
      onClosed: () => {},
    }).then(({ cut, took }) => log.push(`cut ${cut} after ${took}`));
  return { clock, requests, arrive, finish: resolve, log, start, state, close: closed.resolve };
}

Deno.test("an idle worker stops accepting at once and is done when its connections are closed", async () => {
  const { start, log, close } = fakeWorker();
  start(30_000);
  await settled();
  assertEquals(log, ["stop accepting at 0"]);
  close();
  await settled();
  assertEquals(log, ["stop accepting at 0", "cut 0 after 0"]);
});

Deno.test("connections of HTTP/2 that are kept are waited for although the server has closed them", async () => {
  const { start, log, clock, close, state } = fakeWorker();
  state.areKept = true;
  start(30_000, false, () => clock.monotonic() < 3_000);
  close();
  for (let pause = 0; pause < 160; pause++) await clock.advance(20);
  assertEquals(log, ["stop accepting at 0", "cut 0 after 3000"]);
});

Deno.test("a server that never reports that it is closed does not delay the exit", async () => {
  const { start, log, clock } = fakeWorker();
  start(30_000);
  await clock.advance(1_000);
  assertEquals(log, ["stop accepting at 0", "cut 0 after 250"]);
});

Deno.test("a request in flight is finished before the exit", async () => {
  const { start, arrive, finish, log, clock, close } = fakeWorker();
  arrive();
  start(30_000);
  await clock.advance(5_000);
  // Not earlier: a request body that is still being read would be cut off.
  assertEquals(log, []);
  finish();
  close();
  await clock.advance(0);
  assertEquals(log, ["stop accepting at 5000", "cut 0 after 5000"]);
});

Deno.test("the deadline cuts off what is still in flight", async () => {
  const { start, arrive, log, clock } = fakeWorker();
  arrive();
  start(3_000);
  await clock.advance(3_000);
  assertEquals(log, ["stop accepting at 2500", "cut 1 after 3000"]);
});

Deno.test("requests that arrived during an earlier, steered drain do not keep the listeners open", async () => {
  const { requests, start, arrive, log, clock } = fakeWorker();
  requests.startDraining();
  arrive();
  start(30_000);
  await clock.advance(2_000);
  assertEquals(log, ["stop accepting at 1000"]);
});

Deno.test("a busy worker gives clients that keep their connections time to notice", async () => {
  const { start, log, clock, close } = fakeWorker();
  close();
  start(30_000, true);
  // It leaves the addresses after 250 ms, which takes 100.
  await clock.advance(349);
  assertEquals(log, []);
  await clock.advance(1);
  assertEquals(log, ["stop accepting at 350", "cut 0 after 350"]);
});

Deno.test("a response that its client reads slowly is sent completely before the exit", async () => {
  const { start, log, clock } = fakeWorker();
  start(30_000, false, () => clock.monotonic() < 5_000);
  await clock.advance(4_990);
  assertEquals(log, ["stop accepting at 0"]);
  await clock.advance(100);
  assertEquals(log, ["stop accepting at 0", "cut 0 after 5010"]);
});

Deno.test("a client that reads nothing delays the exit until the deadline", async () => {
  const { start, log, clock } = fakeWorker();
  start(3_000, false, () => true);
  await clock.advance(3_100);
  assertEquals(log, ["stop accepting at 0", "cut 0 after 3000"]);
});

Deno.test("a client that has connected may send its request as long as drain-idle lasts", async () => {
  const { start, arrive, finish, log, clock, close } = fakeWorker();
  close();
  start(30_000, true, () => false, () => Math.max(0, 700 - clock.monotonic()));
  await clock.advance(600);
  arrive();
  await clock.advance(200);
  assertEquals(log, []);
  finish();
  await clock.advance(20);
  assertEquals(log, ["stop accepting at 800", "cut 0 after 800"]);
});

Deno.test("connections that are never idle keep the server open for a second more, or until the deadline", async () => {
  const patient = fakeWorker();
  patient.close();
  patient.start(30_000, false, () => false, () => 500);
  await patient.clock.advance(3_000);
  assertEquals(patient.log, ["stop accepting at 1500", "cut 0 after 1500"]);
  const hurried = fakeWorker();
  hurried.close();
  hurried.start(400, false, () => false, () => 500);
  await hurried.clock.advance(3_000);
  assertEquals(hurried.log[0], "stop accepting at 400");
});
