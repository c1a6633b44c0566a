import { assert, assertEquals, assertMatch } from "../assert.ts";
import { integrationTest } from "./harness.ts";
import { pidApp, slowApp } from "./apps.ts";
import { RawClient } from "./raw_client.ts";

/** `/ws` echoes, `/events` sends a line every 50 ms until the client leaves, any other path answers with the pid. */
const streams = `
export default {
  fetch(request: Request): Response {
    const { pathname } = new URL(request.url);
    if (pathname === "/ws") {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = ({ data }) => socket.send(data);
      return response;
    }
    if (pathname === "/events") {
      let timer = 0;
      const body = new ReadableStream({
        start(controller) {
          const send = () => controller.enqueue(new TextEncoder().encode("data: tick\\n\\n"));
          send();
          timer = setInterval(send, 50);
        },
        cancel: () => clearInterval(timer),
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    }
    return new Response(String(Deno.pid));
  },
};
`;

integrationTest(
  "a reload closes WebSockets with code 1012, and a client that reconnects reaches the new worker",
  async (host) => {
    const server = host.start({ files: { "main.ts": streams } });
    const [worker] = await server.ready(1);
    const open = () => {
      const socket = new WebSocket(`${server.url.replace("http", "ws")}/ws`);
      const echoed = new Promise<string>((resolve) => socket.onmessage = ({ data }) => resolve(data));
      socket.onopen = () => socket.send("hello");
      const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
      return { socket, echoed, closed };
    };
    const first = open();
    assertEquals(await first.echoed, "hello");
    await server.until(
      "the WebSocket in flight",
      async () => (await server.status())?.workers[0]?.inFlight === 1,
    );
    server.kill("SIGHUP");
    const { code, wasClean } = await first.closed;
    assertEquals([code, wasClean], [1012, true]);
    const [next] = await server.ready(1, 2);
    assert(next!.pid !== worker!.pid);
    const second = open();
    assertEquals(await second.echoed, "hello");
    second.socket.close();
    await second.closed;
  },
);

integrationTest(
  "a stream continues during a reload until the deadline, and the log names what was cut off",
  async (host) => {
    const server = host.start({ files: { "main.ts": streams }, args: ["--graceful-timeout", "2"] });
    await server.ready(1);
    const response = await server.fetch("/events?secret=1");
    const reader = response.body!.getReader();
    await reader.read();
    server.kill("SIGHUP");
    await server.logged(/gen=2 pid=\d+  ready/);
    const next = server.stderr.length;
    let ticks = 0;
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) ticks++;
    } catch {
      // It is cut off, as it must be.
    }
    assert(ticks > 10, `${ticks} ticks`);
    await server.logged(
      /1 request was cut off after 2\.\d s \(graceful-timeout\): GET \/events for \d\.\d s\n/,
      next - 200,
    );
    assert(!server.stderr.includes("secret"));
    await server.ready(1, 2);
  },
);

integrationTest(
  "a client with a kept connection has to reconnect, and loses no request",
  async (host) => {
    const server = host.start({ files: { "main.ts": streams }, args: ["-w", "2"] });
    await server.ready(2);
    let stop = false;
    let answers = 0;
    const pids = new Set<string>();
    const client = (async () => {
      // The default client of fetch keeps its connections.
      for (; !stop; answers++) pids.add(await (await fetch(server.url)).text());
    })();
    for (let generation = 2; generation <= 3; generation++) {
      server.kill("SIGHUP");
      await server.ready(2, generation);
    }
    stop = true;
    await client;
    assert(pids.size > 2, `${answers} answers from ${pids.size} workers`);
  },
);

integrationTest("scaling down waits for the requests of the worker that is removed", async (host) => {
  const server = host.start({ files: { "main.ts": slowApp("whole") }, args: ["-w", "2"] });
  await server.ready(2);
  const answers = Array.from({ length: 8 }, () => server.text("/?ms=1500"));
  await server.until("all in flight", async () => {
    const workers = (await server.status())?.workers ?? [];
    return workers.reduce((sum, { inFlight }) => sum + inFlight, 0) === 8;
  });
  server.kill("SIGTTOU");
  assertEquals(await Promise.all(answers), Array(8).fill("whole"));
  await server.ready(1);
  assertMatch(server.stderr, /worker=[01] gen=1 pid=\d+ {2}drained/);
});

integrationTest(
  "a worker that gets a SIGTERM finishes its requests and is replaced",
  async (host) => {
    const server = host.start({ files: { "main.ts": slowApp("whole") } });
    const [worker] = await server.ready(1);
    const answer = server.text("/?ms=1000");
    await server.until(
      "the request in flight",
      async () => (await server.status())?.workers[0]?.inFlight === 1,
    );
    Deno.kill(worker!.pid, "SIGTERM");
    assertEquals(await answer, "whole");
    await server.until("only its replacement", async () => {
      const workers = (await server.status())?.workers ?? [];
      return workers.length === 1 && workers[0]!.state === "ready" && workers[0]!.pid !== worker!.pid;
    });
  },
);

integrationTest(
  "a worker that hangs while it drains is killed after the deadline, and its request is named",
  async (host) => {
    const app = `
export default (request: Request): Response => {
  if (new URL(request.url).pathname === "/hang") for (;;);
  return new Response("here");
};\n`;
    const server = host.start({ files: { "main.ts": app }, args: ["--graceful-timeout", "1"] });
    const [worker] = await server.ready(1);
    const hung = server.text("/hang?secret=1").catch(() => "cut");
    await server.until("the hang", async () => (await server.status())?.workers[0]?.isStalled === true);
    server.kill("SIGHUP");
    await server.logged(
      new RegExp(
        `pid=${
          worker!.pid
        }  killed: not drained in time \\(graceful-timeout, shutdown-timeout\\), busy with GET /hang for \\d`,
      ),
    );
    assertEquals(await hung, "cut");
    await server.ready(1, 2);
    assertEquals(await server.text(), "here");
  },
);

integrationTest("a WebSocket whose client does not close it is named when it is cut off", async (host) => {
  const server = host.start({ files: { "main.ts": streams }, args: ["--graceful-timeout", "1"] });
  await server.ready(1);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(server.url).port) });
  const request = "GET /ws HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n" +
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n";
  await connection.write(new TextEncoder().encode(request));
  await connection.read(new Uint8Array(1_024));
  await server.until(
    "the WebSocket in flight",
    async () => (await server.status())?.workers[0]?.inFlight === 1,
  );
  server.kill("SIGHUP");
  await server.logged(/1 request was cut off after 1\.\d s \(graceful-timeout\): 1 WebSocket\n/);
  await server.ready(1, 2);
});

integrationTest(
  "without steering a client that has connected may send its request after the listeners are closed",
  async (host) => {
    const args = ["--steering", "off", "--drain-idle", "8"];
    const server = host.start({ files: { "main.ts": streams }, args });
    await server.ready(1);
    const address = { hostname: "127.0.0.1", port: server.port };
    using slow = await Deno.connect(address);
    server.kill("SIGTERM");
    await server.until("the end of the listening", async () => {
      try {
        (await Deno.connect(address)).close();
        return false;
      } catch (error) {
        return error instanceof Deno.errors.ConnectionRefused;
      }
    });
    await slow.write(new TextEncoder().encode("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
    assertMatch(await new Response(slow.readable).text(), /^HTTP\/1\.1 \d+ .*connection: close/is);
    assertEquals((await server.exit()).code, 0);
  },
);

integrationTest("what came while a draining worker did not run is answered before it ends", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  await server.ready(2);
  using client = await RawClient.connect(server.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.received(/\r\n\r\n\d+$/);
  const pid = Number(/\d+$/.exec(client.text)?.[0]);
  Deno.kill(pid, "SIGTERM");
  await server.until(
    "its drain",
    async () => (await server.status())?.workers.some(({ state }) => state === "draining"),
  );
  Deno.kill(pid, "SIGSTOP");
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  // Longer than drain-idle.
  await new Promise((resolve) => setTimeout(resolve, 800));
  Deno.kill(pid, "SIGCONT");
  await client.received(/(HTTP\/1\.1 200[^]*){2}\d+$/);
});
