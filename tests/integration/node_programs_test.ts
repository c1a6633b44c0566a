/** Programs for Node.js that start their own servers, as their frameworks' pages write them. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { freePort, integrationTest } from "./harness.ts";
import { linkPackages, underReload } from "./node_packages.ts";

const programs: Readonly<Record<string, (port: number) => string>> = {
  express: (port) => `
import express from "express";
const app = express();
const port = ${port};
app.get("/", (req, res) => {
  res.send("express");
});
app.listen(port, () => {
  console.log(\`Example app listening on port \${port}\`);
});
`,
  fastify: (port) => `
import Fastify from "fastify";
const fastify = Fastify({ logger: true });
fastify.get("/", function (request, reply) {
  reply.send("fastify");
});
try {
  await fastify.listen({ port: ${port} });
} catch (err) {
  fastify.log.error(err);
  process.exit(1);
}
`,
  koa: (port) => `
import Koa from "koa";
const app = new Koa();
app.use(async (ctx) => {
  ctx.body = "koa";
});
app.listen("${port}");
`,
  hono: (port) => `
import { serve } from "@hono/node-server";
import { Hono } from "hono";
const app = new Hono();
app.get("/", (c) => c.text("hono"));
serve({ fetch: app.fetch, port: ${port} });
`,
  http: (port) => `
const { createServer } = require("http");
async function main() {
  await new Promise((resolve) => setTimeout(resolve, 20));
  createServer((req, res) => res.end("http")).listen({ port: ${port}, host: "localhost" });
}
main();
`,
  // As polka does in the servers of SvelteKit.
  options: (port) => `
import { createServer } from "node:http";
const options = { path: false, host: "0.0.0.0", port: "${port}", fd: undefined };
createServer((req, res) => res.end("options")).listen(options, () => console.log("listening"));
`,
};

for (const [name, program] of Object.entries(programs)) {
  integrationTest(
    `a program of ${name} runs unchanged in two workers, and a reload under load loses nothing`,
    async (host) => {
      linkPackages(host);
      const port = freePort();
      const app = name === "http" ? "main.js" : "main.ts";
      const server = host.start({
        files: { [app]: program(port) },
        app,
        port,
        isBound: false,
        args: ["-w", "2"],
      });
      await server.ready(2);
      assertEquals(await server.text(), name);
      await underReload(server);
      server.kill("SIGTERM");
      assertEquals((await server.exit()).code, 0);
      assertEquals(server.leftovers(), []);
    },
  );
}

/** Prints what its server says of itself, and ends it as programs do. */
const observed = (port: number) => `
import { createServer } from "node:http";
const server = createServer((request, response) => {
  if (request.url === "/end") server.close(() => console.log("closed"));
  setTimeout(() => response.end(String(process.pid)), request.url === "/slow" ? 500 : 0);
});
server.on("listening", () => console.log("listening on", server.address().port, server.listening));
server.on("close", () => console.log("close event", server.listening));
server.keepAliveTimeout = 65_000;
console.log("returned", server.listen(${port}, "127.0.0.1", 511) === server);
`;

integrationTest(
  "what a program sees of its server, and a close() that cuts no request",
  async (host) => {
    const port = freePort();
    const server = host.start({ files: { "main.ts": observed(port) }, port, isBound: false });
    const [worker] = await server.ready(1);
    await server.until(
      "the events",
      () =>
        server.stdout.includes(`returned true\n`) && server.stdout.includes(`listening on ${port} true\n`),
    );
    const kept = await fetch(`${server.url}/`);
    assertEquals(await kept.text(), String(worker!.pid));
    const slow = server.text("/slow");
    await server.until("the request", async () => (await server.status())?.workers[0]?.inFlight === 1);
    assertEquals(await server.text("/end"), String(worker!.pid));
    assertEquals(await slow, String(worker!.pid));
    const [next] = await server.until("another worker", async () => {
      const workers = (await server.status())?.workers;
      return workers?.length === 1 && workers[0]!.state === "ready" && workers[0]!.pid !== worker!.pid &&
        workers;
    });
    assertEquals(await server.text(), String(next!.pid));
    await server.until(
      "close",
      () => server.stdout.includes("closed\n") && server.stdout.includes("close event false\n"),
    );
  },
);

integrationTest(
  "a program can close its server for SIGTERM, and exit then",
  async (host) => {
    const port = freePort();
    const files = {
      "main.ts": `
import { createServer } from "node:http";
const server = createServer((request, response) => response.end("well")).listen(${port});
process.on("SIGTERM", () => {
  server.closeIdleConnections();
  server.close((error) => {
    console.log("closed", error ?? "well");
    process.exit(143);
  });
});
`,
    };
    const server = host.start({ files, port, isBound: false });
    await server.ready(1);
    assertEquals(await server.text(), "well");
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertMatch(server.stdout, /closed well/);
    assertMatch(server.stderr, /drained/);
  },
);

integrationTest("--bind takes the place of the port of listen(), and WebSockets work", async (host) => {
  linkPackages(host);
  const files = {
    "main.ts": `
import { WebSocketServer } from "ws";
const wss = new WebSocketServer({ port: 1 });
wss.on("connection", (socket) => socket.on("message", (data) => socket.send("echo " + data)));
`,
  };
  const server = host.start({ files, args: ["-w", "2"] });
  await server.ready(2);
  const socket = new WebSocket(server.url.replace("http", "ws"));
  const echoed = new Promise((resolve) => socket.onmessage = ({ data }) => resolve(data));
  socket.onopen = () => socket.send("hello");
  assertEquals(await echoed, "echo hello");
  const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  server.kill("SIGHUP");
  assertEquals((await closed).code, 1012);
});

integrationTest(
  "a program that exports the app that it tells to listen is served where it asks to be",
  async (host) => {
    linkPackages(host);
    const [port, metrics] = [freePort(), freePort()];
    const files = {
      "main.ts": `
import express from "express";
import { createServer } from "node:http";
const app = express().get("/", (_request, response) => response.send("app"));
app.listen(${port}, "127.0.0.1");
createServer((_request, response) => response.end("metrics")).listen(${metrics}, "127.0.0.1");
export default app;
`,
    };
    const server = host.start({ files, port, isBound: false, args: ["-w", "2"] });
    await server.ready(2);
    assertEquals((await server.status())?.addresses, [`127.0.0.1:${port}`, `127.0.0.1:${metrics}`]);
    assertEquals(await server.text(), "app");
    assertEquals(await (await fetch(`http://127.0.0.1:${metrics}/`)).text(), "metrics");
  },
);

const refused = {
  "a Unix socket": {
    listen: `createServer().listen("/tmp/app.sock")`,
    says:
      /main\.ts:3:\d+: it throws .*cannot serve: listen\(\) was called with a Unix socket, which workers cannot share/,
  },
  "no port": {
    listen: "createServer().listen()",
    says: /it asks to listen on 0\.0\.0\.0:0, and with port 0/,
  },
  "an HTTPS server": {
    listen: "createSecure().listen(3000)",
    says: /cannot serve: the program starts a server of node:https, and the server has the certificate/,
  },
  "nothing": {
    listen: "createServer()",
    says: /neither exports an app nor has started a server until boot-timeout/,
  },
};

for (const [what, { listen, says }] of Object.entries(refused)) {
  integrationTest(`a program that listens on ${what} fails to start, with the reason`, async (host) => {
    host.write({
      "main.ts": `import { createServer } from "node:http";
import { createServer as createSecure } from "node:https";
${listen};
void createSecure;
`,
    });
    const { code, stderr } = await host.run(["main.ts", "-w", "2", "--boot-timeout", "6s"]);
    assert(code !== 0, stderr);
    assertMatch(stderr, says);
  });
}

integrationTest("the end of listening is no rejection of a program, which may end it", async (host) => {
  const server = host.start({
    files: {
      "main.ts": `
import { createServer } from "node:http";
process.on("unhandledRejection", () => process.exit(9));
createServer((_, response) => response.end("answered")).listen(8000);\n`,
    },
    args: ["-w", "1"],
  });
  await server.ready(1);
  // A worker that has had no requests for a while only closes its listeners.
  assertEquals(await server.text(), "answered");
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assert(!/ (warning|error) /.test(server.stderr), server.stderr);
});
