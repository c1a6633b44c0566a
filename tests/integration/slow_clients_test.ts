import { assert, assertEquals, assertMatch } from "../assert.ts";
import { integrationTest, until } from "./harness.ts";
import { RawClient } from "./raw_client.ts";

const app = `
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const text = new TextEncoder();
export default async (request: Request): Promise<Response> => {
  const { pathname, searchParams } = new URL(request.url);
  const ms = Number(searchParams.get("ms"));
  switch (pathname) {
    case "/late":
      await pause(ms);
      return new Response("late");
    case "/text":
      return new Response(String((await request.text()).length));
    case "/read": {
      let size = 0;
      for await (const chunk of request.body!) size += chunk.length;
      return new Response(String(size));
    }
    case "/first": {
      const reader = request.body!.getReader();
      await reader.read();
      await pause(ms);
      return new Response("first");
    }
    case "/unread":
      await pause(ms);
      return new Response("unread");
    case "/large":
      return new Response(new Uint8Array(64_000_000));
    case "/events":
      return new Response(new ReadableStream({
        async start(controller) {
          controller.enqueue(text.encode("begin"));
          await pause(ms);
          controller.enqueue(text.encode("end"));
          controller.close();
        },
      }));
    case "/socket": {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = ({ data }) => socket.send(data);
      return response;
    }
  }
  return new Response("hello");
};
`;

const nodeApp = `
import { createServer } from "node:http";
createServer((request, response) => {
  const ms = Number(new URL(request.url, "http://localhost").searchParams.get("ms"));
  setTimeout(() => response.end("late"), ms);
}).listen(8000);
`;

const args = [
  ...["--keep-alive", "1s", "--header-timeout", "700ms", "--body-timeout", "800ms", "--write-timeout", "1s"],
  ...["--log-level", "debug", "--access-logfile", "-"],
];

/** Above all of these limits, and what a busy machine adds. */
const long = 3_000;

const host = "Host: localhost\r\n";
const get = (path: string) => `GET ${path} HTTP/1.1\r\n${host}\r\n`;
const post = (path: string, length: string) => `POST ${path} HTTP/1.1\r\n${host}${length}\r\n\r\n`;

const chunkedText = post("/text", "Transfer-Encoding: chunked") + "3\r\nabc\r\n";

/** Sends a byte now and then until the connection is closed. */
async function trickle(client: RawClient, every: number): Promise<void> {
  while (client.closedAfter === null && await client.send("x")) {
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

integrationTest("clients that are too slow lose their connections, and are told why", async (test) => {
  const server = test.start({ files: { "main.ts": app }, args });
  await server.ready(1);
  const connect = (text: string, isReading = true) => RawClient.connect(server.port, text, isReading);
  using silent = await connect("");
  using half = await connect(`GET / HTTP/1.1\r\nHos`);
  using trickling = await connect(`GET / HTTP/1.1\r\nX-Long: `);
  void trickle(trickling, 50);
  using kept = await connect(get("/"));
  using next = await connect(get("/"));
  await next.received(/hello$/);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await next.send("GET /");
  using read = await connect(post("/read", "Content-Length: 10") + "abc");
  using text = await connect(post("/text", "Content-Length: 10") + "abc");
  using chunked = await connect(post("/read", "Transfer-Encoding: chunked") + "3\r\nabc\r\n");
  using chunkedWhole = await connect(chunkedText);
  using stuck = await connect(get("/large"), false);

  assert(await silent.closed() >= 700);
  assertEquals(silent.text, "");
  for (const client of [half, trickling, next]) {
    assert(await client.closed() >= 700);
    assertMatch(
      client.text,
      /HTTP\/1\.1 408 Request Timeout\r\n[^]*connection: close\r\n[^]*Request Timeout$/,
    );
  }
  assert(await kept.closed() >= 1_000);
  assertMatch(kept.text, /^HTTP\/1\.1 200 OK[^]*hello$/);
  for (const client of [read, text, chunked, chunkedWhole]) {
    assert(await client.closed() >= 800);
    assertMatch(client.text, /^HTTP\/1\.1 408 Request Timeout\r\n/);
  }
  await server.logged(/1 connection was closed \(write-timeout\)/);
  assert(await until("the reset", async () => !await stuck.send("x")));
  assertEquals(await server.text(), "hello");
  await server.until("their end", async () => (await server.status())?.workers[0]?.inFlight === 0);
  // The app is not at fault.
  assert(!/the app threw|error +worker/.test(server.stderr), server.stderr);
  const lines = await server.until("their lines", () => {
    const found = server.stdout.match(/"POST [^"]*" \d+/g) ?? [];
    return found.length === 4 && found;
  });
  assertEquals(lines.filter((line) => line === '"POST /read HTTP/1.1" 408').length, 2);
  assertEquals(lines.filter((line) => line === '"POST /text HTTP/1.1" 408').length, 2);
});

integrationTest(
  "a connection whose request is in flight is left alone, however long that takes",
  async (test) => {
    const server = test.start({ files: { "main.ts": app }, args });
    await server.ready(1);
    const connect = (text: string) => RawClient.connect(server.port, text);
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/socket`);
    const opened = new Promise((resolve) => socket.onopen = resolve);
    const echoed = new Promise((resolve, reject) => {
      socket.onmessage = ({ data }) => resolve(data);
      socket.onclose = reject;
    });
    await opened;
    using late = await connect(get(`/late?ms=${long}`));
    using again = await connect(get("/"));
    await again.received(/hello$/);
    await again.send(get(`/late?ms=${long}`));
    using events = await connect(get(`/events?ms=${long}`));
    using first = await connect(
      post(`/first?ms=${long}`, "Transfer-Encoding: chunked") + "3\r\nabc\r\n0\r\n\r\n",
    );
    using whole = await connect(post(`/first?ms=${long}`, "Content-Length: 3") + "abc");
    using unread = await connect(post(`/unread?ms=${long}`, "Content-Length: 8") + "abc");
    using upload = await connect(post("/text", "Content-Length: 10"));
    for (let count = 0; count < 10; count++) {
      await new Promise((resolve) => setTimeout(resolve, long / 10));
      assert(await upload.send("x"));
    }
    await upload.received(/\r\n\r\n10$/);
    await late.received(/late$/);
    await again.received(/hello[^]*late$/);
    await events.received(/begin[^]*end/);
    await first.received(/first$/);
    await whole.received(/first$/);
    await unread.received(/unread$/);
    socket.send("still there");
    assertEquals(await echoed, "still there");
    socket.onclose = null;
    socket.close();
  },
);

integrationTest("the connections of a server of node:http have the same time-outs", async (test) => {
  const server = test.start({ files: { "main.ts": nodeApp }, args });
  await server.ready(1);
  using late = await RawClient.connect(server.port, get(`/?ms=${long}`));
  using half = await RawClient.connect(server.port, "GET / HTTP/1.1\r\nHos");
  using silent = await RawClient.connect(server.port);
  // While another request is in flight.
  assert(await half.closed() < long);
  assertMatch(half.text, /^HTTP\/1\.1 408 Request Timeout\r\n/);
  await silent.closed();
  assertEquals(silent.text, "");
  await late.received(/late/);
});
