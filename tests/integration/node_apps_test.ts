/** Apps of frameworks for Node.js, as their own pages write them, exported instead of told to listen. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { integrationTest, type TestHost } from "./harness.ts";
import { linkPackages, underReload } from "./node_packages.ts";

const express = `
import express from "express";
const app = express();
app.get("/", (_request, response) => response.type("text").send("express"));
app.post("/", express.json(), (request, response) => response.json(request.body));
app.get("/boom", () => {
  throw new Error("boom");
});
app.use("/mounted", express.Router().get("/slow", (_request, response) => {
  setTimeout(() => response.send(String(process.pid)), 600);
}));
export default app;
`;

const apps = {
  express,
  fastify: `
import Fastify from "fastify";
const app = Fastify();
app.get("/", () => "fastify");
export default app;
`,
  koa: `
import Koa from "koa";
const app = new Koa();
app.use((context) => void (context.body = "koa"));
export default app;
`,
  http: `
import { createServer } from "node:http";
export default createServer((_request, response) => response.end("http"));
`,
};

for (const [name, app] of Object.entries(apps)) {
  integrationTest(
    `an exported app of ${name} is served, and a reload under load loses nothing`,
    async (host) => {
      linkPackages(host);
      const server = host.start({ files: { "main.ts": app }, args: ["-w", "2"] });
      await server.ready(2);
      assertEquals(await server.text(), name);
      await underReload(server);
      server.kill("SIGTERM");
      assertEquals((await server.exit()).code, 0);
      assertEquals(server.leftovers(), []);
    },
  );
}

integrationTest("a function (req, res) is served with --app-type node", async (host) => {
  const files = { "main.ts": "export default (_request, response) => response.end('plain');\n" };
  const server = host.start({ files, args: ["--app-type", "node"] });
  await server.ready(1);
  assertEquals(await server.text(), "plain");
});

integrationTest("requests of an Express app are counted, named and logged like others", async (host) => {
  linkPackages(host);
  const server = host.start({
    files: { "main.ts": express },
    args: ["--access-logfile", "-", "--slow-request", "200ms", "--ready-path", "/"],
  });
  await server.ready(1);
  const headers = { "content-type": "application/json" };
  const echoed = await server.fetch("/", { method: "POST", headers, body: '{"a":[1]}' });
  assertEquals(await echoed.json(), { a: [1] });
  const boom = await server.fetch("/boom");
  assertEquals(boom.status, 500);
  await boom.body?.cancel();
  await server.text("/mounted/slow?x=1");
  await server.until("the access log", () => /"GET \/mounted\/slow\?x=1[^"]*" 200/.test(server.stdout));
  assertMatch(server.stderr, /slow.*\/mounted\/slow/);
  await server.until("the counters", async () => {
    const worker = (await server.status())?.workers[0];
    return worker?.inFlight === 0 && worker.requests >= 3;
  });
});

integrationTest("a client that waits at a reload gets its answer, with Connection: close", async (host) => {
  linkPackages(host);
  const server = host.start({ files: { "main.ts": express } });
  const [worker] = await server.ready(1);
  const answer = server.text("/mounted/slow");
  await server.until("the request", async () => (await server.status())?.workers[0]?.inFlight === 1);
  server.kill("SIGHUP");
  assertEquals(await answer, String(worker!.pid));
  await server.ready(1, 2);
});

const sockets = `
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
const server = createServer((_request, response) => response.end(String(process.pid)));
new WebSocketServer({ server }).on("connection", (socket) => {
  socket.on("message", (data) => socket.send(String(data)));
});
export default server;
`;

integrationTest(
  "WebSockets of ws are counted, and closed with code 1012 at a reload",
  async (host: TestHost) => {
    linkPackages(host);
    const server = host.start({ files: { "main.ts": sockets } });
    const [worker] = await server.ready(1);
    const socket = new WebSocket(server.url.replace("http", "ws"));
    const echoed = new Promise((resolve) => socket.onmessage = ({ data }) => resolve(data));
    const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
    socket.onopen = () => socket.send("hello");
    assertEquals(await echoed, "hello");
    await server.until("the WebSocket", async () => (await server.status())?.workers[0]?.inFlight === 1);
    server.kill("SIGHUP");
    assertEquals((await closed).code, 1012);
    const [next] = await server.ready(1, 2);
    assert(next!.pid !== worker!.pid);
  },
);

integrationTest(
  "a handler that blocks is named, and a throw in one is a 500 with a log line",
  async (host) => {
    const files = {
      "main.ts": `
import { createServer } from "node:http";
export default createServer((request, response) => {
  if (request.url === "/throw") throw new Error("boom");
  if (request.url === "/block") while (true);
  response.end("well");
});
`,
    };
    const server = host.start({ files, args: ["-w", "2", "--timeout", "1s"] });
    await server.ready(2);
    const failed = await server.fetch("/throw");
    assertEquals([failed.status, await failed.text()], [500, "Internal Server Error"]);
    await server.logged(/GET \/throw.*the app threw/);
    await server.fetch("/block").then((response) => response.body?.cancel(), () => {});
    await server.logged(/GET \/block/);
    await server.ready(2);
    assertEquals(await server.text(), "well");
  },
);
