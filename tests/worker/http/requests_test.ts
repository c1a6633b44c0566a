import type { RequestInfo } from "../../../src/system/system.ts";
import { assertEquals } from "../../assert.ts";
import { FakeClock, settled } from "../../fakes/fake_clock.ts";
import { counted, uncountedRequests } from "../../fakes/slots.ts";
import { info, logged, streamed } from "./logged_requests.ts";

const request = new Request("http://localhost/");

Deno.test("a request with a stream is in flight until its response is sent, or the connection breaks", async () => {
  const requests = uncountedRequests(new FakeClock());
  const handle = counted(requests, () => streamed());
  const [first, second] = [info(), info()];
  handle(request, first.info);
  handle(request, second.info);
  assertEquals([requests.total, requests.inFlight], [2, 2]);
  first.complete();
  second.fail();
  await settled();
  assertEquals([requests.total, requests.inFlight], [2, 0]);
});

Deno.test("idle resolves at once if nothing is in flight, else with the last response", async () => {
  const clock = new FakeClock();
  const requests = uncountedRequests(clock);
  await requests.idle();
  const { info: one, complete } = info();
  counted(requests, () => streamed())(request, one);
  let idle = 0;
  void requests.idle().then(() => idle++);
  void requests.idle().then(() => idle++);
  await settled();
  assertEquals(idle, 0);
  complete();
  await clock.advance(0);
  assertEquals(idle, 2);
});

Deno.test("while draining each response closes its connection, also one with fixed headers", async () => {
  const requests = uncountedRequests(new FakeClock());
  requests.startDraining();
  const plain = await counted(requests, () => new Response("hello"))(request, info().info);
  assertEquals(plain.headers.get("connection"), "close");
  const redirect = counted(requests, () => Promise.resolve(Response.redirect("http://localhost/there")));
  const copy = await redirect(request, info().info);
  assertEquals([copy.status, copy.headers.get("location"), copy.headers.get("connection")], [
    302,
    "http://localhost/there",
    "close",
  ]);
});

Deno.test("what is answered since draining began ends its connection, also if it was asked before", async () => {
  const requests = uncountedRequests(new FakeClock());
  const { promise, resolve } = Promise.withResolvers<Response>();
  const answer = counted(requests, () => promise)(request, info().info);
  requests.startDraining();
  resolve(new Response("hello"));
  assertEquals((await answer).headers.get("connection"), "close");
});

Deno.test("while descriptors are scarce each response ends its connection, and then no longer", async () => {
  const requests = uncountedRequests(new FakeClock());
  const handle = counted(requests, () => new Response("hello"));
  const connectionOf = async () => (await handle(request, info().info)).headers.get("connection");
  requests.spareConnections(true);
  assertEquals(await connectionOf(), "close");
  requests.spareConnections(false);
  assertEquals(await connectionOf(), null);
  requests.startDraining();
  requests.spareConnections(false);
  assertEquals(await connectionOf(), "close");
});

Deno.test("while serving the response of the app passes through untouched", () => {
  const response = new Response("hello");
  assertEquals(counted(uncountedRequests(new FakeClock()), () => response)(request, info().info), response);
});

Deno.test("the listeners wait for earlier requests and for uploads, but not for every later request", async () => {
  const clock = new FakeClock();
  const requests = uncountedRequests(clock);
  const handle = counted(requests, () => streamed());
  const [early, upload, late] = [info(), info(), info()];
  handle(request, early.info);
  requests.startDraining();
  handle(new Request("http://localhost/", { method: "POST" }), upload.info);
  handle(request, late.info);
  let isOver = false;
  void requests.untilListenersMayClose().then(() => isOver = true);
  early.complete();
  await clock.advance(0);
  assertEquals(isOver, false);
  upload.complete();
  await clock.advance(0);
  assertEquals([isOver, requests.inFlight], [true, 1]);
});

Deno.test("a second start of draining changes nothing: later requests still do not keep the listeners open", async () => {
  const clock = new FakeClock();
  const requests = uncountedRequests(clock);
  const handle = counted(requests, () => streamed());
  const [early, late] = [info(), info()];
  handle(request, early.info);
  const release = requests.hold(true, null);
  requests.startDraining();
  handle(request, late.info);
  requests.startDraining();
  let isOver = false;
  void requests.untilListenersMayClose().then(() => isOver = true);
  early.complete();
  await clock.advance(0);
  assertEquals(isOver, false);
  release();
  await clock.advance(0);
  assertEquals([isOver, requests.inFlight], [true, 1]);
});

Deno.test("HEAD keeps its status although nobody reads the stream that the app answered", async () => {
  const { answers, lines } = logged();
  const { info: one, fail } = info();
  await answers.count(() => streamed())(
    new Request("http://localhost/", { method: "HEAD" }),
    one,
  );
  fail();
  await settled();
  assertEquals(lines, ["192.0.2.7 HEAD / 200 null 0"]);
});

Deno.test("the access log gets one line per request, with status, client and time taken", async () => {
  const { answers, clock, lines } = logged();
  const { info: one, complete } = info();
  const headers = { "user-agent": "curl/8" };
  await answers.count(() => streamed(404))(
    new Request("http://localhost/a?b=1", { headers }),
    one,
  );
  await clock.advance(12);
  assertEquals(lines, []);
  complete();
  await settled();
  assertEquals(lines, ["192.0.2.7 GET /a?b=1 404 curl/8 12"]);
});

Deno.test("without an access log the client of a request is not looked at", async () => {
  const requests = uncountedRequests(new FakeClock());
  const unread = { completed: Promise.resolve() } as RequestInfo;
  await counted(requests, () => new Response(""))(request, unread);
});

Deno.test("a request whose body is whole has ended when its handler has answered", async () => {
  const bodies = [
    () => new Response("text"),
    () => new Response(new Uint8Array(1)),
    () => new Response(null),
  ];
  for (const body of [...bodies, () => Response.json({})]) {
    const { answers, requests, lines } = logged();
    // Nothing asks when it was sent.
    const unasked = { remoteAddr: { transport: "tcp", hostname: "192.0.2.7" } } as RequestInfo;
    void answers.count(body)(request, unasked);
    assertEquals([requests.inFlight, lines], [0, ["192.0.2.7 GET / 200 null 0"]]);
    await answers.count(() => Promise.resolve(body()))(request, unasked);
    assertEquals([requests.inFlight, lines.length], [0, 2]);
  }
});

Deno.test("a request with any other body is in flight until it is sent", async () => {
  const bodies = [
    () => new Response(new ReadableStream()),
    () => new Response(new Blob(["text"]).stream()),
    () => new Response(new ReadableStream()).clone(),
  ];
  for (const body of bodies) {
    const requests = uncountedRequests(new FakeClock());
    const { info: one, complete } = info();
    void counted(requests, body)(request, one);
    assertEquals(requests.inFlight, 1);
    complete();
    await settled();
    assertEquals(requests.inFlight, 0);
  }
});

Deno.test("a response whose connection breaks is a 499, in the log and among the counters", async () => {
  const { answers, slot, lines } = logged();
  const { info: one, fail } = info();
  await answers.count(() => streamed())(request, one);
  fail();
  await settled();
  assertEquals(lines, ["192.0.2.7 GET / 499 null 0"]);
  assertEquals(slot.read().responses, [0, 0, 0, 1, 0]);
});

Deno.test("a request that becomes a WebSocket before its handler answers is a 101", async () => {
  const { answers, requests, slot, lines } = logged();
  const request = new Request("http://localhost/");
  void answers.count(() => new Promise(() => {}))(request, info().info);
  const response = { status: 101 } as Response;
  requests.upgraded({ request, response, close: () => {}, closed: Promise.resolve(1000) });
  await settled();
  assertEquals([lines, slot.read().responses], [["192.0.2.7 GET / 101 null 0"], [1, 0, 0, 0, 0]]);
});

Deno.test("requests that are cut off end with 503, or with the status that was sent", async () => {
  const { answers, clock, requests, slot, lines } = logged();
  void answers.count(() => new Promise(() => {}))(new Request("http://localhost/waiting"), info().info);
  void answers.count(() => streamed())(new Request("http://localhost/stream"), info().info);
  await clock.advance(1_000);
  requests.cutOff();
  assertEquals(lines, ["192.0.2.7 GET /waiting 503 null 1000", "192.0.2.7 GET /stream 200 null 1000"]);
  assertEquals([requests.inFlight, slot.read().inFlight, slot.read().responses], [0, 0, [0, 1, 0, 0, 1]]);
});
