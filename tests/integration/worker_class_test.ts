/** Workers of the class sync: one request at a time, each on a connection of its own. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";
import { RawClient } from "./raw_client.ts";
import { isRunning, type Server } from "./server.ts";

/** `/gate` waits until there is a file "open" in its directory. `most`: how many requests were in the app at once. */
const shared = `
let running = 0, most = 0;
const begin = () => most = Math.max(most, ++running);
const end = () => running--;
const open = async () => {
  while (!await Deno.stat("open").then(() => true, () => false)) await new Promise((resolve) => setTimeout(resolve, 5));
};
`;

const fetchApp = `${shared}
const seen = [];
export default async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/seen") return Response.json({ seen, most });
  if (pathname === "/pid") return new Response(String(Deno.pid));
  if (pathname === "/socket") return Deno.upgradeWebSocket(request).response;
  begin();
  seen.push(pathname);
  if (pathname === "/stream") {
    return new Response(new ReadableStream({
      async pull(controller) {
        await open();
        controller.enqueue(new TextEncoder().encode("half and half"));
        controller.close();
        end();
      },
    }));
  }
  await open();
  end();
  return new Response(pathname);
};\n`;

const nodeApp = `${shared}
import { createServer } from "node:http";
const seen = [];
const server = createServer(async ({ url }, response) => {
  if (url === "/seen") return void response.end(JSON.stringify({ seen, most }));
  if (url === "/pid") return void response.end(String(Deno.pid));
  begin();
  seen.push(url);
  if (url === "/stream") response.write("half ");
  await open();
  response.end(url === "/stream" ? "and half" : url, end);
});
server.on("upgrade", (_, socket) => socket.end("HTTP/1.1 200 OK\\r\\n\\r\\n"));
server.listen(8000);\n`;

const apps = { "fetch": fetchApp, "node:http": nodeApp };

for (const [kind, app] of Object.entries(apps)) {
  const files = { "main.ts": app };

  testOnOneTarget(
    `${kind}: requests of a worker run one after the other, until each has been sent`,
    async (host) => {
      const server = host.start({ files, args: ["-k", "sync", "--queue-size", "3", "-w", "1"] });
      await server.ready(1);
      const answers: Promise<string>[] = [];
      for (const path of ["/stream", "/gate1", "/gate2", "/gate3"]) {
        answers.push(server.text(path));
        await inFlight(server, answers.length);
      }
      const refused = await server.fetch("/gate4");
      assertEquals([refused.status, refused.headers.get("retry-after"), await refused.text()], [
        503,
        "1",
        "Service Unavailable",
      ]);
      Deno.writeTextFileSync(`${host.folder}/open`, "");
      assertEquals(await Promise.all(answers), ["half and half", "/gate1", "/gate2", "/gate3"]);
      const last = await server.fetch("/seen");
      assertEquals(await last.json(), { seen: ["/stream", "/gate1", "/gate2", "/gate3"], most: 1 });
      assertEquals(last.headers.get("connection"), "close");
      assert(!/ (error|warning) /.test(server.stderr), server.stderr);
    },
  );

  testOnOneTarget(
    `${kind}: while a worker has a request, new connections go to an idle one`,
    async (host) => {
      const server = host.start({ files, args: ["-k", "sync", "-w", "2"] });
      await server.ready(2);
      const first = server.text("/gate");
      // The master looks at busy workers every millisecond once it has found one at a poll.
      let idle: string[] = [];
      await server.until("steering", async () => {
        const pid = await server.fetch("/pid", { signal: AbortSignal.timeout(200) })
          .then((response) => response.text(), () => "busy");
        idle = pid === "busy" ? [] : [...idle, pid];
        return idle.length === 20;
      });
      assertEquals(new Set(idle).size, 1);
      Deno.writeTextFileSync(`${host.folder}/open`, "");
      assertEquals(await first, "/gate");
    },
  );

  testOnOneTarget(
    `${kind}: a WebSocket is refused with a clear answer, and the worker serves on`,
    async (host) => {
      const server = host.start({ files, args: ["-k", "sync"] });
      await server.ready(1);
      for (let attempt = 0; attempt < 2; attempt++) {
        using client = await RawClient.connect(server.port, handshake);
        await server.until("the end of the connection", () => client.closedAfter !== null);
        assertMatch(client.text, /^HTTP\/1\.1 501 Not Implemented\r\n/);
        assertMatch(client.text, /\r\n\r\nWebSockets are not supported\n$/);
      }
      await server.logged(/warning .*GET \/socket: WebSockets are refused: worker-class is sync/);
      assertMatch(await server.text("/pid"), /^\d+$/);
      assertEquals(server.stderr.match(/WebSockets are refused/g)?.length, 1);
      assert(!/ error /.test(server.stderr), server.stderr);
      await inFlight(server, 0);
    },
  );

  testOnOneTarget(
    `${kind}: clients that leave, or want no body, leave a worker that is free`,
    async (host) => {
      const server = host.start({ files, args: ["-k", "sync", "-w", "1"] });
      await server.ready(1);
      const send = (line: string) => RawClient.connect(server.port, `${line} HTTP/1.1\r\nHost: a\r\n\r\n`);
      // The first has its head, the second no answer yet, and the third waits for its turn.
      using streaming = await send("GET /stream");
      await inFlight(server, 1);
      using running = await send("GET /gate1");
      await inFlight(server, 2);
      using waiting = await send("GET /gate2");
      await inFlight(server, 3);
      for (const client of [waiting, running, streaming]) client[Symbol.dispose]();
      Deno.writeTextFileSync(`${host.folder}/open`, "");
      await inFlight(server, 0);
      for (const line of ["HEAD /stream", "HEAD /gate3", "GET /stream", "GET /gate4"]) {
        using client = await send(line);
        await server.until(`the answer to ${line}`, () => client.text.includes("200 OK"));
      }
    },
  );

  for (const [name, signal] of [["a reload", "SIGHUP"], ["TERM", "SIGTERM"]] as const) {
    testOnOneTarget(`${kind}: ${name} loses nothing that waits`, async (host) => {
      const server = host.start({ files, args: ["-k", "sync", "-w", "1"] });
      await server.ready(1);
      const answers: Promise<string>[] = [];
      for (let index = 1; index <= 4; index++) {
        answers.push(server.text(`/gate${index}`));
        await inFlight(server, index);
      }
      server.kill(signal);
      await server.logged(signal === "SIGHUP" ? /reload/ : /stopping|draining/);
      Deno.writeTextFileSync(`${host.folder}/open`, "");
      assertEquals(await Promise.all(answers), ["/gate1", "/gate2", "/gate3", "/gate4"]);
      if (signal === "SIGTERM") assertEquals((await server.exit()).code, 0);
      else await server.ready(1, 2);
      assert(!/ (error|warning) /.test(server.stderr), server.stderr);
    });
  }
}

const handshake = [
  ...["GET /socket HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: websocket"],
  ...["Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${btoa("0123456789abcdef")}`, "", ""],
].join("\r\n");

const leavingApp = `
import { createServer } from "node:http";
createServer((request, response) => {
  if (request.url === "/echo") return void request.pipe(response);
  if (request.url === "/half") response.write("half");
  if (request.url === "/whole") response.setHeader("connection", "close").end("whole");
}).listen(8000);\n`;

for (const workerClass of ["sync", "async"]) {
  testOnOneTarget(
    `node:http, ${workerClass}: a request that the app does not answer counts until its client leaves`,
    async (host) => {
      const server = host.start({ files: { "main.ts": leavingApp }, args: ["-k", workerClass, "-w", "1"] });
      await server.ready(1);
      const requests = ["GET /never", "HEAD /never", "GET /half", "POST /echo", "POST /never", "POST /half"];
      for (const line of requests) {
        const body = line.startsWith("POST") ? "Content-Length: 9\r\n\r\nhalf" : "\r\n";
        using client = await RawClient.connect(server.port, `${line} HTTP/1.1\r\nHost: a\r\n${body}`);
        await inFlight(server, 1);
        client[Symbol.dispose]();
        await inFlight(server, 0);
        assertEquals(await server.text("/whole"), "whole");
      }
      // On a connection that ends with the answer to the first one.
      const several = "GET /whole HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3);
      using client = await RawClient.connect(server.port, several);
      await client.closed();
      assertEquals(client.text.match(/whole/g)?.length, 1);
      await inFlight(server, 0);
      assertEquals(await server.text("/whole"), "whole");
      assert(!/ (error|warning) /.test(server.stderr), server.stderr);
    },
  );
}

testOnOneTarget("a fetch handler that never ends costs its worker, and the server goes on", async (host) => {
  const app =
    `export default ({ url }) => url.endsWith("/never") ? new Promise(() => {}) : new Response(String(Deno.pid));`;
  const server = host.start({
    files: { "main.ts": app },
    args: ["-k", "sync", "-w", "1", "--request-timeout", "0.3", "--graceful-timeout", "1"],
  });
  const [worker] = await server.ready(1);
  assertEquals((await server.fetch("/never")).status, 504);
  await server.logged(
    /warning .*GET \/never: the handler has not ended 0\.3 s after its 504, and with worker-class sync nothing runs beside it: replacing the worker: let the handler end when request\.signal aborts\n/,
  );
  await server.logged(/ready after .*\n[^]*ready after /);
  assert(await server.text("/pid") !== String(worker!.pid));
  await server.until("the end of the worker", () => !isRunning(worker!.pid));
  await server.ready(1);
});

testOnOneTarget("a reload changes the class, and the status of the settings names it", async (host) => {
  const config = (workerClass: string) => `export default { workerClass: "${workerClass}" };\n`;
  const server = host.start({ files: { "main.ts": fetchApp, "denicorn.config.ts": config("async") } });
  await server.ready(1);
  assertEquals((await server.fetch("/pid")).headers.get("connection"), null);
  Deno.writeTextFileSync(`${host.folder}/denicorn.config.ts`, config("sync"));
  server.kill("SIGHUP");
  await server.ready(1, 2);
  assertEquals((await server.fetch("/pid")).headers.get("connection"), "close");
});

async function inFlight(server: Server, count: number): Promise<void> {
  await server.until(
    `${count} requests in flight`,
    async () => (await server.status())?.workers[0]?.inFlight === count,
  );
}
