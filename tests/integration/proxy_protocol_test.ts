/** `--proxy-protocol`: connections begin with the address of their client. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { testOnOneTarget } from "./harness.ts";
import { RawClient } from "./raw_client.ts";
import type { Server } from "./server.ts";

const app = `
export default (request: Request, info: { remoteAddr: object }) =>
  Response.json([request.url, info.remoteAddr, request.headers.get("x-forwarded-for")]);\n`;

const client = { transport: "tcp", hostname: "203.0.113.9", port: 4711 };
const version1 = "PROXY TCP4 203.0.113.9 127.0.0.1 4711 80\r\n";
const version2 = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" +
  String.fromCharCode(0, 0, 113, 9, 127, 0, 0, 1, 18, 103, 0, 80);
const request = "GET /a HTTP/1.1\r\nHost: app.example\r\n\r\n";
const last = "GET /b HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n";

/** All that the server sends until it closes the connection. */
async function answers(server: Server, text: string): Promise<string> {
  using connection = await RawClient.connect(server.port, text);
  await connection.closed();
  return connection.text;
}

function bodies(text: string): unknown[] {
  return [...text.matchAll(/^\[.*\]/gm)].map(([body]) => JSON.parse(body));
}

testOnOneTarget("the client is the one that the header names, in the access log too", async (host) => {
  const args = ["--proxy-protocol", "--access-logfile", "access.log"];
  const server = host.start({ files: { "main.ts": app }, args });
  await server.ready(1);
  const expected = ["/a", "/b"].map((path) => [`http://app.example${path}`, client, null]);
  assertEquals(bodies(await answers(server, version1 + request + last)), expected);
  using slow = await RawClient.connect(server.port);
  for (const part of [version1.slice(0, 9), version1.slice(9, 30), version1.slice(30) + last]) {
    await slow.send(part);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await slow.closed();
  assertEquals(bodies(slow.text), expected.slice(1));
  const [[, second] = []] = bodies(await answers(server, version2 + last)) as [unknown, unknown][];
  assertEquals(second, { ...client, hostname: "0.0.113.9" });
  const [[, own] = []] = bodies(await answers(server, "PROXY UNKNOWN\r\n" + last)) as [
    unknown,
    { hostname: string },
  ][];
  assertEquals(own?.hostname, "127.0.0.1");
  await server.until(
    "the line",
    () =>
      /^203\.0\.113\.9 - - .*"GET \/b HTTP\/1\.1" 200 /m.test(
        Deno.readTextFileSync(`${host.folder}/access.log`),
      ),
  );
});

testOnOneTarget("what the client of a proxy says itself is dropped", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: ["--proxy-protocol"] });
  await server.ready(1);
  const forged = last.replace("Host", "X-Forwarded-For: 6.6.6.6\r\nHost");
  assertEquals(bodies(await answers(server, version1 + forged)), [["http://app.example/b", client, null]]);
  // Another proxy in front of it, which is trusted.
  const trusted = version1.replace("203.0.113.9", "127.0.0.1");
  const [[, address] = []] = bodies(await answers(server, trusted + forged)) as [
    unknown,
    { hostname: string },
  ][];
  assertEquals(address?.hostname, "6.6.6.6");
});

testOnOneTarget(
  "a connection without a header is closed, and so is one of a peer that is not trusted",
  async (host) => {
    const server = host.start({ files: { "main.ts": app }, args: ["--proxy-protocol"] });
    await server.ready(1);
    assertEquals(await answers(server, last), "");
    await server.logged(
      /warning.*closed a connection: 127\.0\.0\.1 sent no header of the PROXY protocol: let it send/,
    );
    assertEquals(bodies(await answers(server, version1 + last)).length, 1);
    server.kill("SIGTERM");
    await server.exit();
    const other = host.start({ files: {}, args: ["--proxy-protocol", "--forwarded-allow-ips", "192.0.2.1"] });
    await other.ready(1);
    assertEquals(await answers(other, version1 + last), "");
    await other.logged(
      /warning.*closed a connection: 127\.0\.0\.1 is not in forwarded-allow-ips, so its header/,
    );
  },
);

testOnOneTarget("a client that does not finish its header is closed after header-timeout", async (host) => {
  const server = host.start({
    files: { "main.ts": app },
    args: ["--proxy-protocol", "--header-timeout", "500ms"],
  });
  await server.ready(1);
  const clients = await Promise.all(["", "PROXY TCP4 "].map((text) => RawClient.connect(server.port, text)));
  for (const each of clients) {
    const after = await each.closed();
    assert(after > 400, String(after));
    each[Symbol.dispose]();
  }
});

testOnOneTarget(
  "reloads lose no request, also of connections that are kept, and a stop ends",
  async (host) => {
    const server = host.start({ files: { "main.ts": pidApp }, args: ["--proxy-protocol", "-w", "2"] });
    await server.ready(2);
    let isOver = false;
    const outcomes = { answered: 0, cut: 0 };
    const visit = async (keeps: boolean) => {
      while (!isOver) {
        using connection = await RawClient.connect(server.port, version1);
        for (let count = 1; !isOver; count++) {
          await connection.send(keeps ? request : last);
          const answered = () => connection.text.split("HTTP/1.1 200").length - 1;
          await server.until("an answer", () => answered() === count || connection.closedAfter !== null);
          if (answered() < count) outcomes.cut++;
          else outcomes.answered++;
          if (!keeps || answered() < count || /connection: close/i.test(connection.text)) break;
        }
      }
    };
    const visits = [...Array(4)].flatMap(() => [visit(true), visit(false)]);
    for (let generation = 2; generation <= 4; generation++) {
      const before = outcomes.answered;
      await server.until("answers", () => outcomes.answered > before + 20);
      server.kill("SIGHUP");
      await server.ready(2, generation);
    }
    isOver = true;
    await Promise.all(visits);
    assertEquals(outcomes.cut, 0);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.leftovers(), []);
  },
);

testOnOneTarget("where it cannot work it is refused with the reason", async (host) => {
  host.write({
    "main.ts": pidApp,
    "node.ts": "import h from 'node:http';\nexport default h.createServer();\n",
  });
  const refusal = async (...args: string[]) => {
    const { code, stderr } = await host.run(["--proxy-protocol", ...args]);
    return `${code} ${stderr}`;
  };
  assertMatch(
    await refusal("--compress", "main.ts"),
    /^2 .*proxy-protocol: on .* not accepted with compress = on/,
  );
  assertMatch(
    await refusal("--bind", "127.0.0.1:0", "node.ts"),
    /^4 .*: starting .*\n.*building the app\n.*proxy-protocol is on, and apps of node:http/,
  );
});

testOnOneTarget("a WebSocket is opened, closed at a reload, and logged with its client", async (host) => {
  const socketApp = "export default (request: Request) => {\n" +
    "  const { socket, response } = Deno.upgradeWebSocket(request);\n" +
    "  socket.onopen = () => socket.send('hello');\n" +
    "  return response;\n" +
    "};\n";
  const args = ["--proxy-protocol", "--access-logfile", "access.log"];
  const server = host.start({ files: { "main.ts": socketApp }, args });
  await server.ready(1);
  using connection = await RawClient.connect(
    server.port,
    version1 + "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await connection.received(/hello/);
  server.kill("SIGHUP");
  await connection.received(/hello.*\x03/s);
  connection[Symbol.dispose]();
  await server.until(
    "the line",
    () =>
      /^203\.0\.113\.9 .*"GET \/chat HTTP\/1\.1" 101 /m.test(
        Deno.readTextFileSync(`${host.folder}/access.log`),
      ),
  );
});

testOnOneTarget("out of file descriptors, a worker accepts again as soon as there are some", async (host) => {
  const server = host.start({
    files: { "main.ts": pidApp },
    args: ["--proxy-protocol"],
    command: ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", ...host.target.command],
  });
  await server.ready(1);
  const connections: RawClient[] = [];
  for (let count = 0; count < 80; count++) connections.push(await RawClient.connect(server.port, version1));
  connections.forEach((connection) => connection[Symbol.dispose]());
  await server.until("an answer", async () => /^\d+$/m.test(await answers(server, version1 + last)));
});
