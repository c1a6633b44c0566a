import type { RequestInfo } from "../../src/system/system.ts";
import { Requests } from "../../src/worker/requests.ts";
import { FakeClock, settled } from "../fakes/fake_clock.ts";
import { lonelySlot } from "../fakes/slots.ts";
import { assertEquals } from "../assert.ts";

const request = new Request("http://localhost/");

function info(): { info: RequestInfo; complete: () => void; fail: () => void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return {
    info: { remoteAddr: { transport: "tcp" }, completed: promise },
    complete: resolve,
    fail: () => reject("cut"),
  };
}

Deno.test("a request is in flight until its response is sent whole, also when the connection breaks", async () => {
  const requests = new Requests(lonelySlot(), new FakeClock());
  const handle = requests.count(() => new Response("hello"));
  const [first, second] = [info(), info()];
  handle(request, first.info);
  handle(request, second.info);
  assertEquals([requests.total, requests.inFlight], [2, 2]);
  first.complete();
  second.fail();
  await settled();
  assertEquals([requests.total, requests.inFlight], [2, 0]);
});

Deno.test("idle settles at once when nothing is in flight, else with the last response", async () => {
  const requests = new Requests(lonelySlot(), new FakeClock());
  await requests.idle();
  const { info: one, complete } = info();
  requests.count(() => new Response(""))(request, one);
  let idle = 0;
  void requests.idle().then(() => idle++);
  void requests.idle().then(() => idle++);
  await settled();
  assertEquals(idle, 0);
  complete();
  await settled();
  assertEquals(idle, 2);
});

Deno.test("while draining every response closes its connection, one with fixed headers too", async () => {
  const requests = new Requests(lonelySlot(), new FakeClock());
  requests.startDraining();
  const plain = await requests.count(() => new Response("hello"))(request, info().info);
  assertEquals(plain.headers.get("connection"), "close");
  const redirect = requests.count(() => Promise.resolve(Response.redirect("http://localhost/there")));
  const copy = await redirect(request, info().info);
  assertEquals([copy.status, copy.headers.get("location"), copy.headers.get("connection")], [
    302,
    "http://localhost/there",
    "close",
  ]);
});

Deno.test("the app's response passes through untouched while serving", () => {
  const response = new Response("hello");
  assertEquals(
    new Requests(lonelySlot(), new FakeClock()).count(() => response)(request, info().info),
    response,
  );
});

Deno.test("the listener waits for whoever was there first, and for uploads, but not for every newcomer", async () => {
  const requests = new Requests(lonelySlot(), new FakeClock());
  const handle = requests.count(() => new Response(""));
  const [early, upload, newcomer] = [info(), info(), info()];
  handle(request, early.info);
  requests.startDraining();
  handle(new Request("http://localhost/", { method: "POST" }), upload.info);
  handle(request, newcomer.info);
  let over = false;
  void requests.unguarded().then(() => over = true);
  early.complete();
  await settled();
  assertEquals(over, false);
  upload.complete();
  await settled();
  assertEquals([over, requests.inFlight], [true, 1]);
});
