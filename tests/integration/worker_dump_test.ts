/** `denicorn ctl worker N dump`: what a worker does now. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";

const app = `
export const tasks = { work: () => new Promise((resolve) => setTimeout(resolve, 60_000)) };

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const ms = Number(searchParams.get("ms"));
    if (pathname === "/blocked") for (const end = Date.now() + ms; Date.now() < end;);
    else if (pathname === "/stream") {
      return new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) }));
    } else await new Promise((resolve) => setTimeout(resolve, ms));
    return new Response(pathname);
  },
};
`;

testOnOneTarget(
  "ctl worker N dump names requests in flight, the oldest first, with their age, and the memory",
  async (host) => {
    const server = host.start({
      files: { "main.ts": app },
      args: ["-w", "1", "--graceful-timeout", "200ms"],
    });
    await server.ready(1);
    const dump = (...more: string[]) =>
      host.run(["ctl", "--socket", host.controlSocket, "worker", "0", "dump", ...more]);
    const idle = await dump();
    assertEquals(idle.code, 0, idle.stderr);
    assertMatch(idle.stdout, /^worker 0 \(process \d+, generation 1\) is ready, for \d+s\n/);
    assertMatch(idle.stdout, /\n0 requests in flight\n$/);
    const stream = await server.fetch("/stream");
    const slow = ["/slow?ms=60000&secret=1", "/slower?ms=60000"];
    for (const [place, path] of slow.entries()) {
      server.fetch(path).catch(() => {});
      await server.until(
        "the request",
        async () => (await server.status())!.workers[0]!.inFlight === place + 2,
      );
    }
    const { stdout } = await dump();
    assertMatch(
      stdout,
      /\n3 requests in flight\nFOR +STATUS +REQUEST\n\S+ +200 +GET \/stream\n\S+ +- +GET \/slow\n\S+ +- +GET \/slower\n$/,
    );
    assertMatch(
      stdout,
      /\nmemory: [\d.]+ MiB of [\d.]+ MiB in the heap, [\d.]+ MiB in buffers, [\d.]+ MiB in all\n/,
    );
    const { description } = JSON.parse((await dump("--json")).stdout);
    assert(description.requests[1].ms > 0 && description.heapUsed > 1_000_000, JSON.stringify(description));
    await stream.body!.cancel();
  },
);

testOnOneTarget(
  "of a worker that is blocked, ctl worker N dump says with what and for how long",
  async (host) => {
    const server = host.start({ files: { "main.ts": app }, args: ["-w", "1"] });
    await server.ready(1);
    const blocked = server.text("/blocked?ms=10000");
    await server.until("the stall", async () => (await server.status())!.workers[0]!.isStalled);
    const { code, stdout } = await host.run(["ctl", "--socket", host.controlSocket, "worker", "0", "dump"]);
    assertEquals(code, 0);
    assertMatch(
      stdout,
      /\ncannot describe worker 0: worker process \d+ did not answer within 1 s: try again\n/,
    );
    assertMatch(stdout, /\nbusy with GET \/blocked for \S+\n$/);
    assertEquals(await blocked, "/blocked");
  },
);

testOnOneTarget("a worker that does not exist, and other operands, are refused", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: ["-w", "1"] });
  await server.ready(1);
  const run = (...words: string[]) => host.run(["ctl", "--socket", host.controlSocket, "worker", ...words]);
  const missing = await run("7", "dump");
  assertEquals([missing.code, missing.stdout], [1, ""]);
  assertMatch(missing.stderr, /cannot describe worker 7: there is none of this number: the workers are 0/);
  for (const words of [["0"], ["dump"], ["0", "restart"], ["-1", "dump"]]) {
    assertEquals((await run(...words)).code, 2, words.join(" "));
  }
});
