/** WebSockets: how they end with their worker, how they are counted, and what an error in one of them costs. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { sendWhile } from "./acknowledged.ts";
import { freePort, integrationTest } from "./harness.ts";
import { linkPackages } from "./node_packages.ts";
import { RawClient } from "./raw_client.ts";
import type { Server } from "./server.ts";

/** Keeps each message once, in a file of its own, before it is acknowledged: a message may come again. */
const keep = `
const keep = (data) => {
  try {
    Deno.writeTextFileSync("kept/" + Number(data), String(Deno.pid), { createNew: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  return String(data);
};
`;

const apps = {
  "Deno.upgradeWebSocket": `${keep}
export default (request) => {
  if (request.headers.get("upgrade") !== "websocket") return new Response(String(Deno.pid));
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onmessage = ({ data }) => socket.send(keep(data));
  return response;
};\n`,
  "hono/deno": `${keep}
import { Hono } from "hono";
import { upgradeWebSocket } from "hono/deno";
const app = new Hono();
app.get("/", upgradeWebSocket(() => ({ onMessage: ({ data }, socket) => socket.send(keep(data)) })));
export default app;\n`,
  ws: `${keep}
import { WebSocketServer } from "ws";
new WebSocketServer({ port: 1 }).on("connection", (socket) => {
  socket.on("message", (data) => socket.send(keep(data)));
});\n`,
};

for (const [name, app] of Object.entries(apps)) {
  integrationTest(`reloads lose no acknowledged message of a WebSocket of ${name}`, async (host) => {
    linkPackages(host);
    Deno.mkdirSync(`${host.folder}/kept`);
    const server = host.start({ files: { "main.ts": app }, args: ["-w", "2"] });
    await server.ready(2);
    const reloads = 3;
    const { closes, errors, acknowledged } = await sendWhile(socketUrl(server), async () => {
      for (let generation = 2; generation <= 1 + reloads; generation++) {
        await server.until("the WebSocket", async () => (await server.status())?.totals.webSockets === 1);
        server.kill("SIGHUP");
        await server.ready(2, generation);
      }
    });
    assertEquals(errors, []);
    // One worker replaces the other, so that a client may reconnect to one that is replaced next.
    assert(closes.length >= reloads && closes.length <= 2 * reloads, closes.join(", "));
    assert(closes.every((close) => close === "1012"), closes.join(", "));
    const kept = Array.from(Deno.readDirSync(`${host.folder}/kept`), ({ name }) => Number(name));
    assertEquals(kept.toSorted((a, b) => a - b), acknowledged.toSorted((a, b) => a - b));
    assertEquals(kept.toSorted((a, b) => a - b), kept.map((_, number) => number));
    assert(kept.length > 100, `${kept.length} messages`);
    assertEquals(server.stderr.match(/ error .*/g), null);
  });

  integrationTest(`an upgrade closes a WebSocket of ${name} with 1012, a stop with 1001`, async (host) => {
    linkPackages(host);
    const server = host.start({ files: { "main.ts": app } });
    await server.ready(1);
    const first = await open(server);
    server.kill("SIGUSR2");
    assertEquals((await first.closed).code, 1012);
    await server.upgraded();
    await server.ready(1);
    const second = await open(server);
    server.kill("SIGTERM");
    assertEquals((await second.closed).code, 1001);
    assertEquals((await server.exit()).code, 0);
  });
}

integrationTest("a recycled worker closes its WebSockets with 1001", async (host) => {
  const files = { "main.ts": apps["Deno.upgradeWebSocket"] };
  const server = host.start({ files, args: ["--max-requests", "5"] });
  const [worker] = await server.ready(1);
  const socket = await open(server);
  for (let request = 0; request < 5; request++) await server.text();
  assertEquals((await socket.closed).code, 1001);
  const [next] = await server.ready(1);
  assert(next!.pid !== worker!.pid);
});

integrationTest("open WebSockets are in the status and the metrics", async (host) => {
  const files = { "main.ts": apps["Deno.upgradeWebSocket"] };
  const admin = `127.0.0.1:${freePort()}`;
  const server = host.start({ files, args: ["--admin-bind", admin] });
  await server.ready(1);
  const sockets = [await open(server), await open(server)];
  await server.until("both", async () => (await server.status())?.workers[0]?.webSockets === 2);
  const shown = await host.run(["ctl", "--socket", host.controlSocket, "status"]);
  assertMatch(shown.stdout, /IN FLIGHT {2}WEBSOCKETS .*\n0 .* 2 +2 +\d+ms\n/);
  assertMatch(await (await fetch(`http://${admin}/metrics`)).text(), /^denicorn_websockets 2$/m);
  for (const { socket, closed } of sockets) {
    socket.close();
    await closed;
  }
  await server.until("none", async () => (await server.status())?.totals.webSockets === 0);
});

/** Each path lets a listener fail in another way. */
const failing = `
class Listener {
  handleEvent() {
    throw new Error("thrown by handleEvent");
  }
}
const ways = {
  "/on": (socket) => socket.onmessage = () => { throw new Error("thrown by on"); },
  "/async-on": (socket) => socket.onmessage = async () => { await null; throw new Error("thrown by async-on"); },
  "/listener": (socket) => socket.addEventListener("message", () => { throw new Error("thrown by listener"); }),
  "/async-listener": (socket) => {
    const listener = async () => { await null; throw new Error("thrown by async-listener"); };
    socket.addEventListener("message", listener);
    socket.addEventListener("message", listener);
  },
  "/handleEvent": (socket) => socket.addEventListener("message", new Listener()),
  "/undefined": (socket) => socket.onmessage = () => { throw undefined; },
  "/open": (socket) => socket.onopen = () => { throw new Error("thrown by open"); },
  "/echo": (socket) => {
    const never = () => { throw new Error("removed"); };
    socket.addEventListener("message", never);
    socket.removeEventListener("message", never);
    socket.onmessage = never;
    socket.onmessage = ({ data }) => socket.send(data + " " + Deno.pid);
  },
};
export default (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/") return new Response(String(Deno.pid));
  const { socket, response } = Deno.upgradeWebSocket(request);
  ways[pathname](socket);
  return response;
};\n`;

integrationTest("an error in a listener of a WebSocket closes that one, and no other", async (host) => {
  const server = host.start({ files: { "main.ts": failing } });
  const [worker] = await server.ready(1);
  const echo = await open(server, "/echo");
  for (const name of ["on", "async-on", "listener", "async-listener", "handleEvent", "open"]) {
    const from = server.stderr.length;
    const socket = await open(server, `/${name}?secret=1`);
    socket.socket.send("now");
    const { code } = await socket.closed;
    assertEquals([name, code], [name, 1011], server.stderr);
    await server.logged(
      new RegExp(
        `error .*  GET /${name}: a listener of the WebSocket threw\\n +Error: thrown by ${name}\\n +at .*main\\.ts:`,
      ),
      from,
    );
  }
  const thrown = await open(server, "/undefined");
  thrown.socket.send("now");
  assertEquals((await thrown.closed).code, 1011);
  await server.logged(/GET \/undefined: a listener of the WebSocket threw\n +undefined\n/);
  echo.socket.send("still");
  assertEquals(await echo.message, `still ${worker!.pid}`);
  assertEquals(await server.text(), String(worker!.pid));
  assert(!/finishing|secret|removed|ext:|src\/worker/.test(server.stderr), server.stderr);
  await server.until("only one", async () => (await server.status())?.totals.webSockets === 1);
});

integrationTest(
  "errors of WebSockets reach the app's own listeners for uncaught errors first",
  async (host) => {
    const files = {
      "main.ts": failing.replace(
        "const ways",
        `
globalThis.addEventListener("error", (event) => {
  event.preventDefault();
  console.log("seen: " + event.error.message);
});
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  console.log("seen: " + event.reason.message);
});
const ways`,
      ),
    };
    const server = host.start({ files });
    await server.ready(1);
    for (const name of ["on", "async-on"]) {
      const { socket, closed } = await open(server, `/${name}`);
      socket.send("now");
      await server.until("its listener", () => server.stdout.includes(`seen: thrown by ${name}\n`));
      socket.close();
      assertEquals((await closed).code, 1005);
    }
    assertEquals(server.stderr.match(/ error .*/g), null);
  },
);

integrationTest("an error of a WebSocket while its worker finishes is logged, too", async (host) => {
  const files = {
    "main.ts": `
export default (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onclose = () => {
    socket.close(1008);
    throw new Error("thrown by close");
  };
  return response;
};\n`,
  };
  const server = host.start({ files });
  await server.ready(1);
  const { closed } = await open(server, "/chat");
  server.kill("SIGTERM");
  assertEquals((await closed).code, 1001);
  assertEquals((await server.exit()).code, 0);
  assertMatch(server.stderr, /GET \/chat: a listener of the WebSocket threw\n +Error: thrown by close\n/);
});

function socketUrl(server: Server, path = "/"): string {
  return server.url.replace("http", "ws") + path;
}

async function open(server: Server, path = "/") {
  const socket = new WebSocket(socketUrl(server, path));
  const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  const message = new Promise<unknown>((resolve) => socket.onmessage = ({ data }) => resolve(data));
  await new Promise((resolve) => socket.onopen = resolve);
  return { socket, closed, message };
}

/** A frame of a client (RFC 6455, 5.2): masked with zeros, which change nothing. */
function frame(opcode: number, ...payload: number[]): string {
  return String.fromCharCode(0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0, ...payload);
}

integrationTest("a frame that is not valid ends its WebSocket, which is logged with 1006", async (host) => {
  const app = `export default (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = () => socket.send("got");
    return response;
  };\n`;
  const args = ["--access-logfile", "access.log", "--access-logformat", '"%(r)s" %(s)s %(E)s'];
  const server = host.start({ files: { "main.ts": app }, args });
  await server.ready(1);
  const handshake = "Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  const faults = {
    opcode: frame(3, 0x78),
    utf8: frame(1, 0xff),
    continuation: frame(0, 0x78),
    "long-ping": `\x89\xfe\0\x7e\0\0\0\0${"x".repeat(126)}`,
  };
  for (const [name, fault] of Object.entries(faults)) {
    using client = await RawClient.connect(server.port, `GET /${name} HTTP/1.1\r\n${handshake}`);
    await client.received(/\r\n\r\n/);
    await client.sendBytes(fault);
    await client.closed();
    await server.until(
      `a line about /${name}`,
      () => Deno.readTextFileSync(`${host.folder}/access.log`).includes(`"GET /${name} HTTP/1.1" 101`),
    );
    assertMatch(
      Deno.readTextFileSync(`${host.folder}/access.log`),
      new RegExp(`"GET /${name} HTTP/1.1" 101 closed 1006$`, "m"),
    );
  }
  assertEquals(server.stderr.match(/ (error|warning) .*/g), null);
});
