/** `request.signal` aborts when the client leaves, and at no other time. */

import { assertEquals } from "../assert.ts";
import { integrationTest } from "./harness.ts";

const app = `
const aborted: string[] = [];
export default (request: Request): Response | Promise<Response> => {
  const { pathname } = new URL(request.url);
  if (pathname === "/aborted") return Response.json(aborted);
  request.signal.addEventListener("abort", () => aborted.push(pathname));
  if (pathname === "/text") return new Response("text");
  if (pathname === "/later") return Promise.resolve(new Response("later"));
  if (pathname === "/stream") return new Response(new Blob(["stream"]).stream());
  if (pathname === "/measured") {
    const parts = async function* () {
      for (let part = 0; part < 3; part++) {
        yield new Uint8Array(4);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    return new Response(ReadableStream.from(parts()), { headers: { "content-length": "12" } });
  }
  if (pathname === "/body") return request.text().then((text) => new Response(text));
  if (pathname === "/never") return new Promise(() => {});
  return new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) }));
};\n`;

// With a time-out the request has a signal of Denicorn's own.
for (const args of [[], ["--request-timeout", "1m"]]) {
  const title = ["request.signal aborts when the client leaves, and at no other time", ...args].join(" ");
  integrationTest(title, async (host) => {
    const server = host.start({ files: { "main.ts": app }, args });
    await server.ready(1);
    const aborted = async (): Promise<string[]> => await (await server.fetch("/aborted")).json();
    for (const path of ["/text", "/later", "/stream", "/measured"]) await server.text(path);
    await (await server.fetch("/body", { method: "POST", body: "hello" })).text();
    for (const path of ["/never", "/open"]) {
      using client = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      await client.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`));
      if (path === "/open") await client.read(new Uint8Array(1_000));
      else await server.until("the request", async () => (await server.status())?.workers[0]?.inFlight === 1);
    }
    const found = await server.until("two aborts", async () => {
      const paths = await aborted();
      return paths.length >= 2 && paths;
    });
    assertEquals(found.sort(), ["/never", "/open"]);
  });
}
