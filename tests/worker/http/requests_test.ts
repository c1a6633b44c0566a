import type { FetchHandler, RequestInfo } from "../../../src/system/system.ts";
import type { InFlightRequest } from "../../../src/worker/http/in_flight_requests.ts";
import { Requests } from "../../../src/worker/http/requests.ts";
import { isEndLeftOpen } from "../../../src/system/network/response_body.ts";
import { assertEquals } from "../../assert.ts";
import { FakeClock, settled } from "../../fakes/fake_clock.ts";
import { privateSlot, uncountedRequests } from "../../fakes/slots.ts";

const request = new Request("http://localhost/");

function info(): { info: RequestInfo; complete: () => void; fail: () => void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return {
    info: { remoteAddr: { transport: "tcp", hostname: "192.0.2.7" }, completed: promise },
    complete: resolve,
    fail: () => reject(new Error("HTTP response was not sent successfully")),
  };
}

/** Its body is not whole, so the response is not sent before `complete` or `fail`. */
function streamed(status = 200): Response {
  return new Response(new ReadableStream(), { status });
}

/** Requests with an access log: its lines, and the faults. */
function logged() {
  const clock = new FakeClock();
  const slot = privateSlot();
  const faults: string[] = [];
  const lines: string[] = [];
  const line = ({ method, target, status, client }: InFlightRequest, duration: number) =>
    `${client?.address} ${method} ${target} ${status} ${client?.userAgent} ${duration}`;
  const requests = new Requests(slot.writer, clock, {
    onFault: ({ method, path }, { text }) => faults.push(`${method} ${path}: ${text}`),
    onEnd: (entry, duration) => lines.push(line(entry, duration)),
  });
  return { clock, requests, slot, faults, lines };
}

Deno.test("a request with a stream is in flight until its response is sent, or the connection breaks", async () => {
  const requests = uncountedRequests(new FakeClock());
  const handle = requests.count(() => streamed());
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
  requests.count(() => streamed())(request, one);
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

Deno.test("what is answered since draining began ends its connection, also if it was asked before", async () => {
  const requests = uncountedRequests(new FakeClock());
  const { promise, resolve } = Promise.withResolvers<Response>();
  const answer = requests.count(() => promise)(request, info().info);
  requests.startDraining();
  resolve(new Response("hello"));
  assertEquals((await answer).headers.get("connection"), "close");
});

Deno.test("the worker hears of responses that end their connections where the runtime does not end them", async () => {
  const ports: number[] = [];
  const requests = new Requests(privateSlot().writer, new FakeClock(), {
    onFault: () => {},
    onAnnouncedEnd: (port) => ports.push(port),
  });
  const from = (port: number) => ({
    ...info().info,
    remoteAddr: { transport: "tcp", hostname: "192.0.2.7", port },
  });
  const end = (value: string) => new Response("hello", { headers: { Connection: value } });
  const request = new Request("http://localhost/", { headers: { host: "localhost" } });
  void requests.count(() => end("close"))(request, from(1));
  await requests.count(() => Promise.resolve(end("Close, x")))(request, from(2));
  void requests.count(() => new Response("hello"))(request, from(3));
  void requests.count(() => end("keep-alive"))(request, from(4));
  // Without Host, as over HTTP/2: other requests of the connection go on.
  void requests.count(() => end("close"))(new Request("http://localhost/"), from(5));
  assertEquals(ports, isEndLeftOpen ? [1, 2] : []);
});

Deno.test("while descriptors are scarce each response ends its connection, and then no longer", async () => {
  const requests = uncountedRequests(new FakeClock());
  const handle = requests.count(() => new Response("hello"));
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
  assertEquals(uncountedRequests(new FakeClock()).count(() => response)(request, info().info), response);
});

Deno.test("the listeners wait for earlier requests and for uploads, but not for every later request", async () => {
  const clock = new FakeClock();
  const requests = uncountedRequests(clock);
  const handle = requests.count(() => streamed());
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
  const handle = requests.count(() => streamed());
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

class Foreign {
  readonly status = 200;
}

/** It has the prototype of Response, as the class of @hono/node-server has, but no part of the runtime's. */
class Lightweight {
  static {
    Object.setPrototypeOf(Lightweight.prototype, Response.prototype);
  }
  readonly bodyUsed = false;
  readonly type = "default";
  readonly status = 200;
}

/** Every question about it throws. */
const hostile: object = new Proxy({}, {
  get: () => {
    throw new Error("no");
  },
  getPrototypeOf: () => {
    throw new Error("no");
  },
});

/** What an app may answer by mistake, and what the log says. */
const wrong: readonly (readonly [answer: () => unknown, text: string])[] = [
  [() => undefined, "the app answered undefined, not a Response: is a return missing?"],
  [() => null, "the app answered null, not a Response"],
  [() => "hello", "the app answered a string, not a Response"],
  [() => new Foreign(), "the app answered an object (Foreign), not a Response"],
  [() => Object.create(null), "the app answered an object, not a Response"],
  [
    () => Object.create(Response.prototype),
    "the app answered an object (Response), not a Response of this runtime: does it come from another library?",
  ],
  [
    () => new Lightweight(),
    "the app answered an object (Lightweight), not a Response of this runtime: does it come from another library?",
  ],
  [() => ({ ...new Response("spread") }), "the app answered an object (Object), not a Response"],
  [() => Response.error(), "the app answered Response.error(), which cannot be sent"],
  [() => hostile, "the app threw"],
  [() => {
    throw hostile;
  }, "the app threw"],
  [() => {
    throw new Error("no");
  }, "the app threw"],
  [() => {
    throw undefined;
  }, "the app threw"],
];

for (const [answer, text] of wrong) {
  Deno.test(`a wrong answer is a 500 and one line: ${text}`, async () => {
    const handlers = [answer, () => Promise.resolve().then(answer)] as FetchHandler[];
    for (const handler of handlers) {
      const { requests, slot, faults, lines } = logged();
      const { info: one, complete } = info();
      const response = await requests.count(handler)(new Request("http://localhost/bad?secret=1"), one);
      assertEquals([response.status, await response.text()], [500, "Internal Server Error"]);
      complete();
      await settled();
      assertEquals(faults, [`GET /bad: ${text}`]);
      assertEquals(lines, ["192.0.2.7 GET /bad?secret=1 500 null 0"]);
      assertEquals([requests.inFlight, slot.read().responses], [0, [0, 0, 0, 0, 1]]);
    }
  });
}

Deno.test("a Response that was sent before is a 500 and one line", async () => {
  const { requests, faults } = logged();
  const once = new Response("once");
  await once.text();
  assertEquals((await requests.count(() => once)(request, info().info)).status, 500);
  assertEquals(faults, ["GET /: the app answered a Response whose body has been read before"]);
});

Deno.test("an app that replaces the global Response still gets a 500 for a wrong answer", async () => {
  const { requests, faults } = logged();
  const { Response } = globalThis;
  try {
    globalThis.Response = Foreign as unknown as typeof Response;
    const answer = await requests.count(() => new Foreign() as Response)(request, info().info);
    assertEquals([answer instanceof Response, answer.status], [true, 500]);
  } finally {
    globalThis.Response = Response;
  }
  assertEquals(faults, ["GET /: the app answered an object (Foreign), not a Response"]);
});

Deno.test("a subclass of Response and an object with then() are proper answers", async () => {
  const { requests, faults } = logged();
  class Page extends Response {}
  const page = new Page("page");
  const promised = { then: (resolve: (answer: Response) => void) => resolve(page) } as unknown as Promise<
    Response
  >;
  assertEquals(await requests.count(() => page)(request, info().info), page);
  assertEquals(await requests.count(() => promised)(request, info().info), page);
  assertEquals(faults, []);
});

const upgradeAnswers: readonly (readonly [answer: () => unknown, text: string])[] = [
  [() => new Response("other"), "the app answered another Response than that of Deno.upgradeWebSocket()"],
  [() => undefined, "the app answered undefined, not a Response: is a return missing?"],
  [() => {
    throw new Error("no");
  }, "the app threw"],
];

for (const [answer, text] of upgradeAnswers) {
  Deno.test(`a request that became a WebSocket is answered as one, and it is closed: ${text}`, async () => {
    for (const later of [answer, () => Promise.resolve().then(answer)]) {
      const { requests, faults, lines } = logged();
      const { info: one, complete } = info();
      const closes: unknown[] = [];
      const response = { status: 101 } as Response;
      const handle = requests.count(
        ((request: Request) => {
          requests.upgraded({
            request,
            response,
            close: (...how) => void closes.push(how),
            closed: Promise.resolve(1000),
          });
          complete();
          return later();
        }) as FetchHandler,
      );
      assertEquals(await handle(new Request("http://localhost/ws"), one), response);
      await settled();
      assertEquals(faults, [`GET /ws: ${text}`]);
      assertEquals(lines, ["192.0.2.7 GET /ws 101 null 0"]);
      assertEquals(closes, [[1011, "Internal Server Error"]]);
    }
  });
}

Deno.test("HEAD keeps its status although nobody reads the stream that the app answered", async () => {
  const { requests, lines } = logged();
  const { info: one, fail } = info();
  await requests.count(() => streamed())(
    new Request("http://localhost/", { method: "HEAD" }),
    one,
  );
  fail();
  await settled();
  assertEquals(lines, ["192.0.2.7 HEAD / 200 null 0"]);
});

Deno.test("the access log gets one line per request, with status, client and time taken", async () => {
  const { clock, requests, lines } = logged();
  const { info: one, complete } = info();
  const headers = { "user-agent": "curl/8" };
  await requests.count(() => streamed(404))(
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
  await requests.count(() => new Response(""))(request, unread);
});

Deno.test("a request whose body is whole has ended when its handler has answered", async () => {
  const bodies = [
    () => new Response("text"),
    () => new Response(new Uint8Array(1)),
    () => new Response(null),
  ];
  for (const body of [...bodies, () => Response.json({})]) {
    const { requests, lines } = logged();
    // Nothing asks when it was sent.
    const unasked = { remoteAddr: { transport: "tcp", hostname: "192.0.2.7" } } as RequestInfo;
    void requests.count(body)(request, unasked);
    assertEquals([requests.inFlight, lines], [0, ["192.0.2.7 GET / 200 null 0"]]);
    await requests.count(() => Promise.resolve(body()))(request, unasked);
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
    void requests.count(body)(request, one);
    assertEquals(requests.inFlight, 1);
    complete();
    await settled();
    assertEquals(requests.inFlight, 0);
  }
});

Deno.test("a response whose connection breaks is a 499, in the log and among the counters", async () => {
  const { requests, slot, lines } = logged();
  const { info: one, fail } = info();
  await requests.count(() => streamed())(request, one);
  fail();
  await settled();
  assertEquals(lines, ["192.0.2.7 GET / 499 null 0"]);
  assertEquals(slot.read().responses, [0, 0, 0, 1, 0]);
});

Deno.test("a request that becomes a WebSocket before its handler answers is a 101", async () => {
  const { requests, slot, lines } = logged();
  const request = new Request("http://localhost/");
  void requests.count(() => new Promise(() => {}))(request, info().info);
  const response = { status: 101 } as Response;
  requests.upgraded({ request, response, close: () => {}, closed: Promise.resolve(1000) });
  await settled();
  assertEquals([lines, slot.read().responses], [["192.0.2.7 GET / 101 null 0"], [1, 0, 0, 0, 0]]);
});

Deno.test("requests that are cut off end with 503, or with the status that was sent", async () => {
  const { clock, requests, slot, lines } = logged();
  void requests.count(() => new Promise(() => {}))(new Request("http://localhost/waiting"), info().info);
  void requests.count(() => streamed())(new Request("http://localhost/stream"), info().info);
  await clock.advance(1_000);
  requests.cutOff();
  assertEquals(lines, ["192.0.2.7 GET /waiting 503 null 1000", "192.0.2.7 GET /stream 200 null 1000"]);
  assertEquals([requests.inFlight, slot.read().inFlight, slot.read().responses], [0, 0, [0, 1, 0, 0, 1]]);
});
