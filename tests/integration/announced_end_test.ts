import { assert, assertMatch } from "../assert.ts";
import { integrationTest } from "./harness.ts";
import { RawClient } from "./raw_client.ts";

const app = `
const end = { headers: { Connection: "close" } };
export default (request: Request): Response | Promise<Response> => {
  switch (new URL(request.url).pathname) {
    case "/whole":
      return new Response("done", end);
    case "/async":
      return Promise.resolve(new Response("done", end));
    case "/large":
      return new Response("x".repeat(8_000_000) + "done", end);
    case "/stream":
      return new Response(new ReadableStream({
        async start(controller) {
          await new Promise((resolve) => setTimeout(resolve, 300));
          controller.enqueue(new TextEncoder().encode("done"));
          controller.close();
        },
      }), end);
    case "/wait":
      return new Promise((resolve) => setTimeout(() => resolve(new Response("done")), 1_500));
  }
  return new Response("done");
};
`;

const host = "Host: localhost\r\n";
const get = (path: string) => `GET ${path} HTTP/1.1\r\n${host}\r\n`;

integrationTest("a response that says Connection: close ends its connection", async (test) => {
  const server = test.start({ files: { "main.ts": app } });
  await server.ready(1);
  for (const path of ["/whole", "/async", "/large", "/stream"]) {
    using client = await RawClient.connect(server.port, get(path));
    await client.closed();
    assertMatch(client.text, /\r\nconnection: close\r\n/i, path);
    assertMatch(client.text, /done(\r\n0\r\n\r\n)?$/, path);
    assert(path !== "/large" || client.text.length > 8_000_000);
  }
  using asked = await RawClient.connect(server.port, `GET / HTTP/1.1\r\nConnection: close\r\n${host}\r\n`);
  await asked.closed();
  assertMatch(asked.text, /\r\nconnection: close\r\n[^]*done$/i);
});

integrationTest(
  "what is answered during a drain ends its connection, whenever it was asked",
  async (test) => {
    const server = test.start({ files: { "main.ts": app } });
    const [worker] = await server.ready(1);
    using before = await RawClient.connect(server.port, get("/wait"));
    using kept = await RawClient.connect(server.port, get("/"));
    await kept.received(/done$/);
    await server.until(
      "the request in flight",
      async () => (await server.status())?.workers[0]?.inFlight === 1,
    );
    server.kill("SIGHUP");
    await server.logged(new RegExp(`draining|${worker!.pid}`));
    await server.ready(1, 2);
    await before.closed();
    assertMatch(before.text, /\r\nconnection: close\r\n[^]*done$/i);
  },
);

integrationTest("a client of HTTP/1.0 that keeps its connection loses it during a drain", async (test) => {
  const server = test.start({ files: { "main.ts": app }, args: ["--graceful-timeout", "20"] });
  await server.ready(1);
  for (const name of ["", host]) {
    const request = `GET / HTTP/1.0\r\nConnection: keep-alive\r\n${name}\r\n`;
    using client = await RawClient.connect(server.port, request);
    const answers = () => client.text.split(/HTTP\/1\.\d 200 OK\r\n/).length - 1;
    let sent = 1;
    // It asks again as soon as it has an answer that does not end the connection, which so is never idle.
    const asking = (async () => {
      for (;;) {
        await server.until("an answer", () => answers() >= sent || client.closedAfter !== null);
        const hasEnded = client.closedAfter !== null || /\r\nconnection: close\r\n/i.test(client.text);
        if (hasEnded || !await client.send(request)) return;
        sent++;
      }
    })();
    await server.until("some answers", () => answers() > 3);
    server.kill("SIGHUP");
    await client.closed();
    await asking;
    assertMatch(client.text, /\r\n\r\ndone$/);
    const generation = name === "" ? 1 : 2;
    await server.logged(new RegExp(`gen=${generation} .* drained`));
  }
  assert(!/cut off/.test(server.stderr), server.stderr);
});
