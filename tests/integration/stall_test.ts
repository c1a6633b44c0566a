import { assert, assertEquals, assertMatch } from "../assert.ts";
import { slowApp } from "./apps.ts";
import { integrationTest } from "./harness.ts";
import type { Server } from "./server.ts";

/** `/block?ms=N` blocks the event loop for N milliseconds. */
const blockingApp = `
export default (request: Request): Response => {
  const { pathname, searchParams } = new URL(request.url);
  const end = performance.now() + Number(searchParams.get("ms") ?? 0);
  while (pathname === "/block" && performance.now() < end);
  return new Response("done");
};\n`;

integrationTest("a long stall is told once, with its request, and its end once", async (scene) => {
  const server = scene.start({ files: { "main.ts": blockingApp }, args: ["--slow-request", "300ms"] });
  const [worker] = await server.ready(1);
  for (let stall = 1; stall <= 2; stall++) {
    assertEquals(await server.text("/block?ms=1200"), "done");
    await server.until("the end of the stall", () => count(server, /responsive again/g) === stall);
  }
  const line = (text: string) => new RegExp(`worker=0 gen=1 pid=${worker!.pid}  event loop ${text}`, "g");
  assertEquals(count(server, line("blocked for 0\\.[34] s by GET /block\n")), 2, server.stderr);
  assertEquals(count(server, line("responsive again after 1\\.\\d s\n")), 2, server.stderr);
});

integrationTest("a request that waits longer than timeout is no hang", async (scene) => {
  const server = scene.start({ files: { "main.ts": slowApp("whole") }, args: ["--timeout", "500ms"] });
  const [worker] = await server.ready(1);
  assertEquals(await server.text("/?ms=2000"), "whole");
  assertEquals((await server.ready(1))[0]!.pid, worker!.pid);
  assert(!/killed|event loop/.test(server.stderr), server.stderr);
});

integrationTest(
  "a worker that drains for longer than timeout still beats and is left alone",
  async (scene) => {
    const server = scene.start({
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

integrationTest("a slow request is told once, while it runs", async (scene) => {
  const server = scene.start({ files: { "main.ts": slowApp("late") }, args: ["--slow-request", "100ms"] });
  await server.ready(1);
  let isAnswered = false;
  const answer = server.text("/slow?ms=400").finally(() => isAnswered = true);
  await server.logged(/slow request: GET \/slow for 0\.[123] s, still running/);
  assert(!isAnswered, "told before the answer");
  assertEquals(await answer, "late");
  assertEquals(await server.text("/quick"), "late");
  server.kill("SIGTERM");
  await server.exit();
  assertEquals(count(server, /slow request/g), 1, server.stderr);
});

function count(server: Server, pattern: RegExp): number {
  return Array.from(server.stderr.matchAll(pattern)).length;
}
