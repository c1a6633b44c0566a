import { refusing } from "../../../src/worker/http/refused_requests.ts";
import { Places } from "../../../src/worker/http/places.ts";
import { RequestQueue } from "../../../src/worker/http/request_queue.ts";
import { assertEquals, assertRejects } from "../../assert.ts";
import { FakeClock, settled } from "../../fakes/fake_clock.ts";

const refuse = refusing(() => {});

const place = (clock: FakeClock, queueSize: number) =>
  new Places(clock, { running: 1, queueSize, queueTimeout: 1_000 });

const info = {
  remoteAddr: { transport: "tcp", hostname: "192.0.2.7" },
  completed: Promise.resolve(),
} as const;

Deno.test("a place is free again after an answer, an error at once and an error later", async () => {
  const clock = new FakeClock();
  const queue = new RequestQueue(place(clock, 5), "answered", refuse);
  const called: string[] = [];
  const handler = queue.limit((request) => {
    const path = new URL(request.url).pathname;
    called.push(path);
    if (path === "/throw") throw new Error("at once");
    if (path === "/reject") return Promise.reject(new Error("later"));
    return path === "/whole" ? new Response() : Promise.resolve(new Response());
  });
  const ask = async (path: string) => {
    try {
      return (await handler(new Request(`http://a${path}`), info)).status;
    } catch (error) {
      return String(error);
    }
  };
  const answers = Promise.all(["/", "/throw", "/reject", "/whole", "/", "/"].map(ask));
  await settled();
  await settled();
  assertEquals(await answers, [200, "Error: at once", "Error: later", 200, 200, 200]);
  assertEquals(called, ["/", "/throw", "/reject", "/whole", "/", "/"]);
  assertEquals(clock.timers, 0);
});

Deno.test("who leaves or waits for too long is not given to the app", async () => {
  const clock = new FakeClock();
  const queue = new RequestQueue(place(clock, 2), "answered", refuse);
  const first = Promise.withResolvers<Response>();
  let calls = 0;
  const handler = queue.limit(() => {
    calls++;
    return first.promise;
  });
  void handler(new Request("http://a/"), info);
  const leaving = new AbortController();
  const left = handler(new Request("http://a/", { signal: leaving.signal }), info);
  const late = handler(new Request("http://a/"), info);
  leaving.abort();
  assertEquals((await left).status, 499);
  await clock.advance(1_000);
  const { status, headers } = await late;
  assertEquals([status, headers.get("retry-after")], [503, "1"]);
  first.resolve(new Response());
  await settled();
  assertEquals([calls, clock.timers], [1, 0]);
});

Deno.test("a request whose signal cannot be made takes no place", async () => {
  const clock = new FakeClock();
  const queue = new RequestQueue(place(clock, 2), "answered", refuse);
  const first = Promise.withResolvers<Response>();
  const handler = queue.limit((request) => request.url === "http://a/first" ? first.promise : new Response());
  const running = handler(new Request("http://a/first"), info);
  const broken = Object.defineProperty(new Request("http://a/"), "signal", {
    get: () => {
      throw new TypeError("no signal");
    },
  });
  await assertRejects(() => Promise.resolve(handler(broken, info)), TypeError);
  first.resolve(new Response());
  await running;
  assertEquals((await handler(new Request("http://a/next"), info)).status, 200);
  assertEquals(clock.timers, 0);
});

Deno.test("a place that counts until the answer is sent is free after it, and after the end of a stream", async () => {
  const clock = new FakeClock();
  const sent = Promise.withResolvers<void>();
  const queue = new RequestQueue(place(clock, 5), "sent", refuse);
  const called: string[] = [];
  const handler = queue.limit((request) => {
    called.push(new URL(request.url).pathname);
    if (request.url.endsWith("/throw")) throw new Error("at once");
    return new Response(request.url.endsWith("/stream") ? new ReadableStream() : "text");
  });
  const visit = (path: string, completed = Promise.resolve()) =>
    Promise.resolve(new Request(`http://a${path}`))
      .then((request) => handler(request, { ...info, completed })).then((answer) => answer.status, String);
  const whole = visit("/whole");
  const stream = visit("/stream", sent.promise);
  const thrown = visit("/throw");
  assertEquals(await whole, 200);
  await settled();
  // The runtime has not written it yet.
  assertEquals(called, ["/whole"]);
  await clock.advance(0);
  assertEquals(await stream, 200);
  await clock.advance(10);
  assertEquals(called, ["/whole", "/stream"]);
  // Its client has left.
  sent.reject(new Error("broken"));
  await clock.advance(0);
  assertEquals(await thrown, "Error: at once");
  const last = visit("/last");
  await clock.advance(0);
  assertEquals(await last, 200);
  await clock.advance(0);
  assertEquals([called, clock.timers], [["/whole", "/stream", "/throw", "/last"], 0]);
});
