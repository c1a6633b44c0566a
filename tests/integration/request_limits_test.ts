/** What a client gets that asks for more than `request-timeout` and the limits of requests allow. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { integrationTest } from "./harness.ts";
import type { Server } from "./server.ts";

/** Its gates are open when there is a file "open" in its directory. */
const app = `
let running = 0, most = 0;
const isOpen = () => Deno.stat("open").then(() => true, () => false);
const seen: string[] = [];
export default async (request: Request): Promise<Response> => {
  const { pathname } = new URL(request.url);
  if (pathname === "/seen") return Response.json({ seen, most, running });
  if (pathname.startsWith("/gate")) {
    most = Math.max(most, ++running);
    seen.push(pathname);
    while (!await isOpen()) await new Promise((resolve) => setTimeout(resolve, 10));
    running--;
    return new Response(pathname);
  }
  if (pathname === "/never") {
    const { signal } = request;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    seen.push(signal.reason.name + " " + (request.signal === signal));
    signal.throwIfAborted();
  }
  if (pathname === "/socket") {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(data);
    await new Promise((resolve) => setTimeout(resolve, 700));
    return response;
  }
  if (pathname === "/stream") {
    let count = 0;
    return new Response(new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        controller.enqueue(new TextEncoder().encode("part"));
        if (++count === 8) controller.close();
      },
    }));
  }
  if (pathname === "/caught") return await request.text().then((text) => new Response(text), () => new Response("caught", { status: 500 }));
  if (pathname === "/handled") return await request.text().then((text) => new Response(text), (error) => new Response(error.name, { status: 400 }));
  if (pathname === "/echo") return new Response(request.body);
  if (pathname === "/host") return new Response([request.headers.get("host"), request.headers.get("cookie"), await request.text()].join());
  return new Response(String((await request.text()).length));
};\n`;

const files = { "main.ts": app };

/** Sent in chunks, without a Content-Length. */
function chunked(text: string): RequestInit {
  return {
    method: "POST",
    body: ReadableStream.from([text.slice(0, 8), text.slice(8)]).pipeThrough(new TextEncoderStream()),
  };
}

integrationTest(
  "a request without an answer in time gets a 504, and its signal aborts with a TimeoutError",
  async (host) => {
    const server = host.start({ files, args: ["--request-timeout", "300ms"] });
    await server.ready(1);
    const response = await server.fetch("/never", { headers: { "x-request-id": "r1" } });
    assertEquals([response.status, await response.text()], [504, "Gateway Timeout"]);
    await server.logged(
      /warning .*GET \/never \(request id r1\): no answer after 0\.3 s \(request-timeout\)/,
    );
    const { seen } = await (await server.fetch("/seen")).json();
    assertEquals(seen, ["TimeoutError true"]);
    // It had begun.
    assertEquals(await (await server.fetch("/stream")).text(), "part".repeat(8));
    assert(!/ error /.test(server.stderr), server.stderr);
  },
);

integrationTest(
  "a WebSocket is not cut by request-timeout, however late its handler answers",
  async (host) => {
    const server = host.start({ files, args: ["--request-timeout", "300ms"] });
    await server.ready(1);
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/socket`);
    const answer = Promise.withResolvers<string>();
    socket.onopen = () => socket.send("hello");
    socket.onmessage = ({ data }) => answer.resolve(data);
    socket.onclose = () => answer.resolve("closed");
    assertEquals(await answer.promise, "hello");
    await server.until("the end of the handler", async () => await server.text("/stream") !== "");
    assertEquals(socket.readyState, WebSocket.OPEN);
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
    assert(!/ (error|warning) /.test(server.stderr), server.stderr);
  },
);

integrationTest("a handler that outlives its time is waited for by a drain", async (host) => {
  const server = host.start({ files, args: ["--request-timeout", "200ms", "--graceful-timeout", "1"] });
  await server.ready(1);
  assertEquals(await status(server.fetch("/gate")), 504);
  server.kill("SIGTERM");
  await server.logged(/1 request was cut off after 1\.\d s/);
  await server.exit();
});

integrationTest("a body over the limit gets a 413, by its length or while it is read", async (host) => {
  const server = host.start({ files, args: ["--limit-request-body", "10"] });
  await server.ready(1);
  const post = async (path: string, init: RequestInit) => {
    const response = await server.fetch(path, init);
    return [response.status, await response.text(), response.headers.get("connection")];
  };
  const large = "x".repeat(20);
  const refused = [413, "Content Too Large", "close"];
  assertEquals(await post("/", { method: "POST", body: large }), refused);
  assertEquals(await post("/", { method: "POST", body: "x".repeat(10) }), [200, "10", null]);
  assertEquals(await post("/", chunked("x".repeat(10))), [200, "10", null]);
  assertEquals(await post("/", { method: "POST" }), [200, "0", null]);
  assertEquals(await post("/", chunked(large)), refused);
  assertEquals(await post("/caught", chunked(large)), refused);
  assertEquals((await post("/handled", chunked(large))).slice(0, 2), [400, "ContentTooLargeError"]);
  const [, sent] = await post("/host", { ...chunked("abc"), headers: { cookie: "a=b" } });
  assertMatch(String(sent), /^127\.0\.0\.1:\d+,a=b,abc$/);
  assertEquals(await (await server.fetch("/echo", chunked("0123456789"))).text(), "0123456789");
  await server.fetch("/echo", chunked(large)).then((response) => response.text()).catch(() => "cut");
  assertEquals(await post("/", { method: "POST", body: "x" }), [200, "1", null]);
  assert(!/ error /.test(server.stderr), server.stderr);
});

integrationTest("a request line and fields over their limits get 414 and 431", async (host) => {
  const server = host.start({ files, args: ["--limit-request-line", "100", "--limit-request-fields", "12"] });
  await server.ready(1);
  assertEquals(await status(server.fetch(`/${"a".repeat(100 - "GET / HTTP/1.1".length)}`)), 200);
  assertEquals(await status(server.fetch(`/${"a".repeat(101 - "GET / HTTP/1.1".length)}`)), 414);
  const headers = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`x-${index}`, "1"]));
  assertEquals(await status(server.fetch("/", { headers })), 431);
});

integrationTest(
  "no more requests run than may; others wait in their order, and more get a 503",
  async (host) => {
    const server = host.start({
      files,
      args: ["--limit-concurrency", "2", "--queue-size", "2", "--workers", "1"],
    });
    await server.ready(1);
    const answers: Promise<string>[] = [];
    const leaving = new AbortController();
    for (let index = 0; index < 4; index++) {
      const init = index === 2 ? { signal: leaving.signal } : {};
      answers.push(
        server.fetch(`/gate${index}`, init).then((response) => response.text()).catch(() => "left"),
      );
      await inFlight(server, index + 1);
    }
    const refused = await server.fetch("/gate4");
    assertEquals([refused.status, refused.headers.get("retry-after"), await refused.text()], [
      503,
      "1",
      "Service Unavailable",
    ]);
    leaving.abort();
    await inFlight(server, 3);
    answers.push(server.text("/gate5"));
    await inFlight(server, 4);
    Deno.writeTextFileSync(`${host.folder}/open`, "");
    assertEquals(await Promise.all(answers), ["/gate0", "/gate1", "left", "/gate3", "/gate5"]);
    assertEquals(await (await server.fetch("/seen")).json(), {
      seen: ["/gate0", "/gate1", "/gate3", "/gate5"],
      most: 2,
      running: 0,
    });
    assert(!/ (error|warning) /.test(server.stderr), server.stderr);
  },
);

integrationTest("who waits for longer than queue-timeout gets a 503", async (host) => {
  const args = ["--limit-concurrency", "1", "--queue-timeout", "100ms", "--workers", "1"];
  const server = host.start({ files, args });
  await server.ready(1);
  const first = server.text("/gate1");
  await inFlight(server, 1);
  assertEquals(await status(server.fetch("/gate2")), 503);
  Deno.writeTextFileSync(`${host.folder}/open`, "");
  assertEquals(await first, "/gate1");
  const { seen } = await (await server.fetch("/seen")).json();
  assertEquals(seen, ["/gate1"]);
});

async function inFlight(server: Server, count: number): Promise<void> {
  await server.until(
    `${count} requests in flight`,
    async () => (await server.status())?.workers[0]?.inFlight === count,
  );
}

function status(response: Promise<Response>): Promise<number> {
  return response.then(async (response) => {
    await response.body?.cancel();
    return response.status;
  });
}
