import { assert, assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";
import { isRunning, type Server } from "./server.ts";

/** `/spin` blocks the event loop for ever. */
const spinningApp = `
export default (request: Request): Response => {
  if (new URL(request.url).pathname === "/spin") for (;;);
  return new Response(String(Deno.pid));
};\n`;

testOnOneTarget(
  "after a kill -9 of the master a worker with a blocked event loop is gone within timeout",
  async (host) => {
    const server = host.start({ files: { "main.ts": spinningApp }, args: ["--timeout", "3"] });
    const [worker] = await server.ready(1);
    const cut = server.text("/spin").catch(() => "cut");
    await inFlight(server);
    server.kill("SIGKILL");
    const start = performance.now();
    await server.until("the end of the worker", () => !isRunning(worker!.pid));
    assertEquals(await cut, "cut");
    const took = performance.now() - start;
    assert(took < 8_000, `${took} ms`);
  },
);

testOnOneTarget("an app that blocks its boot does not outlive a killed master", async (host) => {
  const app = `
console.error("blocking as", Deno.pid, "now");
for (;;);
export default () => new Response();\n`;
  const server = host.start({ files: { "main.ts": app }, args: ["--boot-timeout", "3"] });
  const [, pid] = await server.logged(/blocking as (\d+) now/);
  server.kill("SIGKILL");
  await server.until("the end of the worker", () => !isRunning(Number(pid)));
  await server.exit();
});

testOnOneTarget("processes that were all frozen for longer than timeout serve on", async (host) => {
  const server = host.start({ files: { "main.ts": spinningApp }, args: ["-w", "2", "--timeout", "4"] });
  const before = (await server.ready(2)).map(({ pid }) => pid);
  server.kill("SIGSTOP");
  before.forEach((pid) => Deno.kill(pid, "SIGSTOP"));
  const later = performance.now() + 5_300;
  await server.until("time to pass", () => performance.now() > later);
  before.forEach((pid) => Deno.kill(pid, "SIGCONT"));
  server.kill("SIGCONT");
  assertEquals((await server.ready(2)).map(({ pid }) => pid), before, server.stderr);
  assert(before.includes(Number(await server.text())));
});

testOnOneTarget(
  "a worker that blocks while its master is stopped ends all the same, and the log says which request it was",
  async (host) => {
    const server = host.start({ files: { "main.ts": spinningApp }, args: ["--timeout", "3"] });
    const [worker] = await server.ready(1);
    const cut = server.text("/spin").catch(() => "cut");
    await inFlight(server);
    server.kill("SIGSTOP");
    assertEquals(await cut, "cut");
    server.kill("SIGCONT");
    await server.logged(
      new RegExp(
        `pid=${
          worker!.pid
        }  killed: unresponsive for longer than timeout, busy with GET /spin for \\d+\\.\\d s; replacing it now`,
      ),
    );
    await server.ready(1);
  },
);

/** `/stream` sends a line every 20 ms until there is a file `end`. */
const streamingApp = `
import { existsSync } from "node:fs";
export default (request: Request): Response => {
  if (new URL(request.url).pathname !== "/stream") return new Response(String(Deno.pid));
  return new Response(
    new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        const isOver = existsSync("end");
        controller.enqueue(new TextEncoder().encode(isOver ? "the end" : "line\\n"));
        if (isOver) controller.close();
      },
    }),
  );
};\n`;

testOnOneTarget(
  "a start beside a worker that streams after a kill -9 of its master serves at once",
  async (host) => {
    const first = host.start({ files: { "main.ts": streamingApp }, args: ["-w", "2"] });
    const before = await first.ready(2);
    const response = await first.fetch("/stream");
    const stream = response.text();
    first.kill("SIGKILL");
    await first.exited;
    const second = host.start({ files: {}, args: ["-w", "2"], port: first.port });
    const workers = (await second.ready(2)).map(({ pid }) => String(pid));
    const answering = await second.answering(40);
    assertEquals([...answering].filter((pid) => !workers.includes(pid)), []);
    host.write({ end: "" });
    assertMatch(await stream, /^(line\n){10,}the end$/);
    await second.until("the end of the old workers", () => before.every(({ pid }) => !isRunning(pid)));
  },
);

testOnOneTarget(
  "a start beside a blocked worker of a killed master says which one and when it ends",
  async (host) => {
    for (
      const [timeout, end] of [["60", "it is ended after timeout, within 61 s"], [
        "0",
        "timeout is 0, so nothing",
      ]]
    ) {
      const first = host.start({ files: { "main.ts": spinningApp }, args: ["--timeout", timeout!] });
      const [worker] = await first.ready(1);
      const cut = first.text("/spin").catch(() => "cut");
      await inFlight(first);
      first.kill("SIGKILL");
      await first.exited;
      const { code, stderr } = await host.run(["--bind", `127.0.0.1:${first.port}`, "main.ts"]);
      assertEquals(code, 3, stderr);
      assertMatch(
        stderr,
        new RegExp(
          `${first.port} is in use by worker process ${worker!.pid} of a server that was killed, .*: ${end}`,
        ),
      );
      Deno.kill(worker!.pid, "SIGKILL");
      assertEquals(await cut, "cut");
    }
  },
);

/** `/cut` ends the channel to the master; `/stream` as above. */
const cuttingApp = `
import stream from "./stream.ts";
const { symbols: libc } = Deno.dlopen("libc.so.6", {
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
});
export default async (request: Request): Promise<Response> => {
  if (new URL(request.url).pathname !== "/cut") return stream(request);
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    const peer = new Uint8Array(110);
    if (libc.getpeername(Number(name), peer, new Uint8Array(Uint32Array.of(peer.length).buffer)) !== 0) continue;
    if (new TextDecoder().decode(peer).includes("channel.sock")) libc.shutdown(Number(name), 2);
  }
  return stream(new Request("http://localhost/stream"));
};\n`;

testOnOneTarget(
  "a worker that lost its channel to a living master keeps its place among the listeners",
  async (host) => {
    const server = host.start({
      files: { "main.ts": cuttingApp, "stream.ts": streamingApp },
      args: ["-w", "2"],
    });
    const before = (await server.ready(2)).map(({ pid }) => pid);
    const stream = (await server.fetch("/cut")).text().catch((error) => `${error}`);
    await server.logged(/the channel to the master closed: finishing/);
    const workers = await server.until("the replacement", async () => {
      const found = (await server.status())?.workers ?? [];
      const ready = found.filter(({ state, pid }) => state === "ready" && !before.includes(pid));
      return ready.length === 1 && found;
    });
    assertEquals(workers.length, 3);
    const later = performance.now() + 1_500;
    await server.until("time to pass", () => performance.now() > later);
    assertEquals(listenersOn(server.port), 3, server.stderr);
    host.write({ end: "" });
    assertMatch(await stream, /the end$/, server.stderr);
    await server.ready(2);
  },
);

/** How many sockets listen on a port of this host. */
function listenersOn(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A`;
  return Deno.readTextFileSync("/proc/net/tcp").split(local).length - 1;
}

function inFlight(server: Server): Promise<unknown> {
  return server.until("the request in flight", async () => {
    return (await server.status())?.workers.some((worker) => worker.inFlight === 1);
  });
}
