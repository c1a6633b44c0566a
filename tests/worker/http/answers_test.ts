import type { FetchHandler } from "../../../src/system/system.ts";
import { isEndLeftOpen } from "../../../src/system/network/responses/response_body.ts";
import { Answers } from "../../../src/worker/http/answers.ts";
import { assertEquals } from "../../assert.ts";
import { FakeClock, settled } from "../../fakes/fake_clock.ts";
import { uncountedRequests } from "../../fakes/slots.ts";
import { info, logged } from "./logged_requests.ts";

const request = new Request("http://localhost/");

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
      const { answers, requests, slot, faults, lines } = logged();
      const { info: one, complete } = info();
      const response = await answers.count(handler)(new Request("http://localhost/bad?secret=1"), one);
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
  const { answers, faults } = logged();
  const once = new Response("once");
  await once.text();
  assertEquals((await answers.count(() => once)(request, info().info)).status, 500);
  assertEquals(faults, ["GET /: the app answered a Response whose body has been read before"]);
});

Deno.test("an app that replaces the global Response still gets a 500 for a wrong answer", async () => {
  const { answers, faults } = logged();
  const { Response } = globalThis;
  try {
    globalThis.Response = Foreign as unknown as typeof Response;
    const answer = await answers.count(() => new Foreign() as Response)(request, info().info);
    assertEquals([answer instanceof Response, answer.status], [true, 500]);
  } finally {
    globalThis.Response = Response;
  }
  assertEquals(faults, ["GET /: the app answered an object (Foreign), not a Response"]);
});

Deno.test("a subclass of Response and an object with then() are proper answers", async () => {
  const { answers, faults } = logged();
  class Page extends Response {}
  const page = new Page("page");
  const promised = { then: (resolve: (answer: Response) => void) => resolve(page) } as unknown as Promise<
    Response
  >;
  assertEquals(await answers.count(() => page)(request, info().info), page);
  assertEquals(await answers.count(() => promised)(request, info().info), page);
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
      const { answers, requests, faults, lines } = logged();
      const { info: one, complete } = info();
      const closes: unknown[] = [];
      const response = { status: 101 } as Response;
      const handle = answers.count(
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

Deno.test("the worker hears of responses that end their connections where the runtime does not end them", async () => {
  const ports: number[] = [];
  const answers = new Answers(uncountedRequests(new FakeClock()), {
    onFault: () => {},
    onAnnouncedEnd: (port) => ports.push(port),
  });
  const from = (port: number) => ({
    ...info().info,
    remoteAddr: { transport: "tcp", hostname: "192.0.2.7", port },
  });
  const end = (value: string) => new Response("hello", { headers: { Connection: value } });
  const request = new Request("http://localhost/", { headers: { host: "localhost" } });
  void answers.count(() => end("close"))(request, from(1));
  await answers.count(() => Promise.resolve(end("Close, x")))(request, from(2));
  void answers.count(() => new Response("hello"))(request, from(3));
  void answers.count(() => end("keep-alive"))(request, from(4));
  // Without Host, as over HTTP/2: other requests of the connection go on.
  void answers.count(() => end("close"))(new Request("http://localhost/"), from(5));
  assertEquals(ports, isEndLeftOpen ? [1, 2] : []);
});

Deno.test("a request that is held back during a drain is in flight, and its handler is called later", async () => {
  const { answers, requests, lines } = logged();
  requests.startDraining();
  const { promise, resolve } = Promise.withResolvers<void>();
  requests.http2.heldBack = (port) => port === 7 ? promise : null;
  let calls = 0;
  const handle = answers.count(() => {
    calls++;
    return new Response("late");
  });
  const of = (port: number) => ({
    remoteAddr: { transport: "tcp", hostname: "192.0.2.7", port },
    completed: Promise.resolve(),
  } as const);
  await handle(new Request("http://localhost/other"), of(8));
  const answer = handle(request, of(7));
  await settled();
  assertEquals([calls, requests.inFlight, requests.entries.oldest?.target], [1, 1, "/"]);
  resolve();
  assertEquals(await (await answer).text(), "late");
  assertEquals([calls, requests.inFlight, requests.entries.oldest, lines.length], [2, 0, null, 2]);
});

Deno.test("a worker that exits while a request is held back logs it", () => {
  const { answers, requests, lines } = logged();
  requests.startDraining();
  requests.http2.heldBack = () => new Promise(() => {});
  void answers.count(() => new Response("never"))(request, {
    remoteAddr: { transport: "tcp", hostname: "192.0.2.7", port: 7 },
    completed: Promise.resolve(),
  });
  requests.cutOff();
  assertEquals([requests.inFlight, lines], [0, ["192.0.2.7 GET / 503 null 0"]]);
});

Deno.test("of two requests that were held back, each is the one that runs while its handler does", async () => {
  const { answers, requests } = logged();
  requests.startDraining();
  const { promise, resolve } = Promise.withResolvers<void>();
  requests.http2.heldBack = () => promise;
  const of = (port: number) => ({
    remoteAddr: { transport: "tcp", hostname: "192.0.2.7", port },
    completed: Promise.resolve(),
  } as const);
  const ports: (number | null)[] = [];
  const handle = answers.count((request) => {
    ports.push(requests.peerPort(request));
    return new Response("late");
  });
  const both = [7, 8].map((port) => handle(new Request("http://localhost/"), of(port)));
  await settled();
  resolve();
  await Promise.all(both);
  assertEquals([ports, requests.inFlight, requests.entries.oldest], [[7, 8], 0, null]);
});
