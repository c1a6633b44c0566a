/** Programs of socket.io, as its pages write them. */

import { io, type Socket } from "socket.io-client";
import { assert, assertEquals } from "../assert.ts";
import { freePort, integrationTest } from "./harness.ts";
import { linkPackages, underReload } from "./node_packages.ts";
import type { Server } from "./server.ts";

const program = (port: number) => `
import { createServer } from "node:http";
import { Server } from "socket.io";
const httpServer = createServer((request, response) => response.end("http"));
const io = new Server(httpServer);
io.on("connection", (socket) => {
  socket.on("hello", (text, answer) => answer(text + " from " + process.pid));
});
httpServer.listen(${port});
`;

const alone = (port: number) => `
import { Server } from "socket.io";
new Server(${port}).on("connection", (socket) => {
  socket.on("hello", (text, answer) => answer(text + " from " + process.pid));
});
`;

async function withClient(
  server: Server,
  transports: string[],
  use: (client: Socket) => Promise<void>,
): Promise<void> {
  const client = io(server.url, {
    transports,
    reconnectionDelay: 20,
    reconnectionDelayMax: 50,
    forceNew: true,
  });
  try {
    await use(client);
  } finally {
    client.close();
  }
}

/** Sends until the server has answered. */
async function ask(client: Socket, text: string): Promise<string> {
  for (;;) {
    try {
      return await client.timeout(500).emitWithAck("hello", text);
    } catch {
      // The connection ended before the answer came: the client sends again on the next one.
    }
  }
}

integrationTest(
  "clients of socket.io connect again after a reload by the transport websocket, and requests lose nothing",
  async (host) => {
    linkPackages(host);
    const port = freePort();
    const server = host.start({
      files: { "main.ts": program(port) },
      port,
      isBound: false,
      args: ["-w", "2"],
    });
    const workers = await server.ready(2);
    assertEquals(await server.text(), "http");
    await withClient(server, ["websocket"], async (client) => {
      const [text, pid] = (await ask(client, "one")).split(" from ");
      assertEquals(text, "one");
      assert(workers.some((worker) => String(worker.pid) === pid), pid);
      assertEquals(client.io.engine.transport.name, "websocket");
      const reasons: string[] = [];
      client.on("disconnect", (reason) => reasons.push(reason));
      await underReload(server);
      const [, next] = (await ask(client, "two")).split(" from ");
      assert(workers.every((worker) => String(worker.pid) !== next), next);
      // It may connect to the other old worker first.
      assert(reasons.length === 1 || reasons.length === workers.length, `${reasons}`);
      assertEquals(new Set(reasons), new Set(["transport close"]));
    });
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.leftovers(), []);
  },
);

integrationTest("socket.io with its default transports, in one worker and through a reload", async (host) => {
  linkPackages(host);
  const port = freePort();
  const server = host.start({ files: { "main.ts": alone(port) }, port, isBound: false });
  const [worker] = await server.ready(1);
  await withClient(server, ["polling", "websocket"], async (client) => {
    assertEquals(await ask(client, "one"), `one from ${worker!.pid}`);
    await server.until("the WebSocket", () => client.io.engine.transport.name === "websocket");
    server.kill("SIGHUP");
    const [next] = await server.ready(1, 2);
    assertEquals(await ask(client, "two"), `two from ${next!.pid}`);
  });
});

integrationTest("socket.io by polling alone, in one worker", async (host) => {
  linkPackages(host);
  const port = freePort();
  const server = host.start({
    files: { "main.ts": alone(port) },
    port,
    isBound: false,
    args: ["--graceful-timeout", "2s"],
  });
  const [worker] = await server.ready(1);
  await withClient(server, ["polling"], async (client) => {
    assertEquals(await ask(client, "one"), `one from ${worker!.pid}`);
    server.kill("SIGHUP");
    const [next] = await server.ready(1, 2);
    assertEquals(await ask(client, "two"), `two from ${next!.pid}`);
  });
});
