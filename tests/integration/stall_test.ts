import { assert, assertEquals, assertMatch } from "../assert.ts";
import { slowApp } from "./apps.ts";
import { testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";

/** `/block?ms=N` blocks the event loop for N milliseconds. */
const blockingApp = `
export default (request: Request): Response => {
  const { pathname, searchParams } = new URL(request.url);
  const end = performance.now() + Number(searchParams.get("ms") ?? 0);
  while (pathname === "/block" && performance.now() < end);
  return new Response("done");
};\n`;

testOnOneTarget("a long stall is logged once, with its request, and so is its end", async (host) => {
  const server = host.start({ files: { "main.ts": blockingApp }, args: ["--slow-request", "300ms"] });
  const [worker] = await server.ready(1);
  for (let stall = 1; stall <= 2; stall++) {
    assertEquals(await server.text("/block?ms=1200"), "done");
    await server.until("the end of the stall", () => count(server, /responsive again/g) === stall);
  }
  const line = (text: string) => new RegExp(`worker=0 gen=1 pid=${worker!.pid}  event loop ${text}`, "g");
  assertEquals(count(server, line("blocked for 0\\.[34] s by GET /block\n")), 2, server.stderr);
  assertEquals(count(server, line("responsive again after 1\\.\\d s\n")), 2, server.stderr);
});

testOnOneTarget("a request that takes longer than timeout does not count as a hang", async (host) => {
  const server = host.start({ files: { "main.ts": slowApp("whole") }, args: ["--timeout", "500ms"] });
  const [worker] = await server.ready(1);
  assertEquals(await server.text("/?ms=2000"), "whole");
  assertEquals((await server.ready(1))[0]!.pid, worker!.pid);
  assert(!/killed|event loop/.test(server.stderr), server.stderr);
});

testOnOneTarget(
  "a worker that drains for longer than timeout still has a heartbeat and is not killed",
  async (host) => {
    const server = host.start({
      files: { "main.ts": slowApp("whole") },
      args: ["--timeout", "500ms", "--slow-request", "500ms"],
    });
    const [worker] = await server.ready(1);
    const answer = server.text("/?ms=2500");
    await server.until(
      "the request in flight",
      async () => (await server.status())?.workers[0]?.inFlight === 1,
    );
    server.kill("SIGTERM");
    assertEquals(await answer, "whole");
    assertEquals((await server.exit()).code, 0);
    assertMatch(server.stderr, new RegExp(`pid=${worker!.pid}  drained`));
    assert(!/killed|event loop/.test(server.stderr), server.stderr);
  },
);

testOnOneTarget("a slow request is logged once, while it runs", async (host) => {
  const server = host.start({ files: { "main.ts": slowApp("late") }, args: ["--slow-request", "100ms"] });
  await server.ready(1);
  let isAnswered = false;
  const answer = server.text("/slow?ms=400").finally(() => isAnswered = true);
  await server.logged(/slow request: GET \/slow for 0\.[123] s, still running/);
  assert(!isAnswered, "logged after the answer");
  assertEquals(await answer, "late");
  assertEquals(await server.text("/quick"), "late");
  server.kill("SIGTERM");
  await server.exit();
  assertEquals(count(server, /slow request/g), 1, server.stderr);
});

testOnOneTarget("while a handler computes, new connections go to workers that are idle", async (host) => {
  // Stalls do not matter here: they are noticed much later.
  const server = host.start({
    files: { "main.ts": blockingApp },
    args: ["--workers", "2", "--stall-after", "1m"],
  });
  await server.ready(2);
  let isBlocked = true;
  const blocked = server.text("/block?ms=5000").finally(() => isBlocked = false);
  // At random, every other one would wait until the blocked request is over, as those do that come before it is noticed.
  const connections: { isAnswered: boolean }[] = [];
  await server.until("20 connections in a row that do not wait", () => {
    assert(isBlocked, "connections waited until the blocked request was over");
    if (connections.length >= 21 && connections.slice(-21, -1).every(({ isAnswered }) => isAnswered)) {
      return true;
    }
    const connection = { isAnswered: false };
    connections.push(connection);
    void server.text("/").then(() => connection.isAnswered = true);
    return false;
  });
  assertEquals(await blocked, "done");
  await server.until("all answers", () => connections.every(({ isAnswered }) => isAnswered));
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
});

function count(server: Server, pattern: RegExp): number {
  return Array.from(server.stderr.matchAll(pattern)).length;
}
