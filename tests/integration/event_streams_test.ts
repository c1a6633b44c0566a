/** Server-sent events and other long streams while a worker drains. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { integrationTest } from "./harness.ts";
import { RawClient } from "./raw_client.ts";

const app = `
import { context } from "denicorn";

const encoder = new TextEncoder();
export default (request: Request): Response => {
  const { pathname, searchParams } = new URL(request.url);
  const generation = context().generation;
  if (pathname === "/generation") return new Response(String(generation));
  const headers = { "content-type": searchParams.get("type") ?? "text/event-stream" };
  const { draining } = context(request);
  return new Response(new ReadableStream({
    start(controller) {
      const send = (text: string) => controller.enqueue(encoder.encode(text));
      send("data: " + generation + "\\n\\n");
      if (pathname === "/listens") {
        draining.addEventListener("abort", () => {
          send("retry: 100\\n\\n");
          controller.close();
        });
      }
    },
    cancel: (reason) => console.error("cancelled " + pathname + " " + reason),
  }), { headers });
};\n`;

const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const end = /\r\n0\r\n\r\n$/;

integrationTest("an app learns that its worker drains, and ends its streams", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: ["--access-logfile", "access.log"] });
  await server.ready(1);
  using client = await RawClient.connect(server.port, request("/listens"));
  await client.received(/data: 1/);
  server.kill("SIGHUP");
  await client.received(end);
  assertMatch(client.text, /data: 1\n\n\r\n[^]*retry: 100\n\n\r\n0\r\n\r\n$/);
  await server.logged(/gen=1 .* drained/);
  assertMatch(Deno.readTextFileSync(`${host.folder}/access.log`), /"GET \/listens HTTP\/1\.1" 200 /m);
});

integrationTest("drain-streams-after ends server-sent events, and nothing else", async (host) => {
  const server = host.start({
    files: { "main.ts": app },
    args: ["--drain-streams-after", "200ms", "--graceful-timeout", "2", "--access-logfile", "access.log"],
  });
  await server.ready(1);
  using events = await RawClient.connect(server.port, request("/events"));
  using other = await RawClient.connect(server.port, request("/other?type=text/plain"));
  await events.received(/data: 1/);
  await other.received(/data: 1/);
  server.kill("SIGHUP");
  await events.received(end);
  await server.logged(/cancelled \/events AbortError: The worker is draining\./);
  assertEquals(await server.text("/generation"), "2");
  // Its client must not take it for complete.
  await other.closed();
  assert(!end.test(other.text), other.text);
  await server.logged(/1 request was cut off after 2\.\d s .*GET \/other/);
  assertMatch(Deno.readTextFileSync(`${host.folder}/access.log`), /"GET \/events HTTP\/1\.1" 200 /m);
});

integrationTest(
  "the example of the page outlives clients that leave, and ends with its worker",
  async (host) => {
    const page = Deno.readTextFileSync(new URL("../../docs/life_cycle.md", import.meta.url));
    const example = [...page.matchAll(/```ts\n([^]*?)```/g)].find(([, code]) =>
      code!.includes("event-stream")
    )![1]!;
    const server = host.start({ files: { "main.ts": example }, args: ["--access-logfile", "access.log"] });
    await server.ready(1);
    {
      using leaving = await RawClient.connect(server.port, request("/leaves"));
      await leaving.received(/data: /);
    }
    using client = await RawClient.connect(server.port, request("/"));
    await client.received(/(data: [^]*){4}/);
    server.kill("SIGHUP");
    await client.received(/retry: 500\n\n\r\n0\r\n\r\n$/);
    assertMatch(Deno.readTextFileSync(`${host.folder}/access.log`), /"GET \/leaves HTTP\/1\.1" 499 /);
    assert(!/ died|uncaught/.test(server.stderr), server.stderr);
  },
);
