/** Answers that come before the request has: a client that sends a large body to its end gets them. */

import { assert, assertEquals } from "../assert.ts";
import { integrationTest } from "./harness.ts";
import { RawClient } from "./raw_client.ts";

const app = `
let seen = "";
export default async (request: Request): Promise<Response> => {
  let read: (() => Promise<string>) | undefined;
  const { pathname } = new URL(request.url);
  if (pathname === "/part") await request.body!.getReader().read();
  if (pathname === "/throws") throw new Error("no upload today");
  if (pathname === "/whole") await request.text();
  if (pathname === "/seen") return new Response(seen);
  if (pathname === "/later") read = async () => \`\${(await request.text()).length}\`;
  if (pathname === "/parts") {
    const reader = request.body!.getReader();
    await reader.read();
    read = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      for (let size = 0;;) {
        const { done, value } = await reader.read();
        if (done) return \`an end after \${size} bytes\`;
        size += value.length;
      }
    };
  }
  seen = "nothing yet";
  void read?.().catch((error) => \`\${error.name}\`).then((told) => seen = told);
  return new Response("enough of it", { status: 413 });
};\n`;

const size = 50_000_000;
const head = (path: string, more: string) =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${more}\r\n\r\n`;

/** Like Python's http.client: sends everything before it reads. */
async function upload(port: number, head: string, body: string): Promise<string> {
  using client = await RawClient.connect(port, "", false);
  assert(await client.send(head), "the connection was closed at the head");
  for (let sent = 0; sent < size; sent += body.length) {
    if (!await client.send(body)) return `closed after ${sent} bytes`;
  }
  if (head.includes("chunked")) await client.send("0\r\n\r\n");
  await client.drain();
  return client.text.split("\r\n")[0]!;
}

const known = `Content-Length: ${size}`;
const part = "x".repeat(1_000_000);
const chunk = `${(999_000).toString(16)}\r\n${"x".repeat(999_000)}\r\n`;
const chunked = "Transfer-Encoding: chunked";

integrationTest("an early answer reaches a client that sends 50 MB to their end", async (host) => {
  const server = host.start({ files: { "main.ts": app } });
  await server.ready(1);
  for (const [path, status] of [["/", 413], ["/part", 413], ["/throws", 500], ["/whole", 413]] as const) {
    for (const [framing, body] of [[known, part], [chunked, chunk]] as const) {
      const line = await upload(server.port, head(path, framing), body);
      assertEquals([path, framing, line.slice(0, 12)], [path, framing, `HTTP/1.1 ${status}`]);
    }
  }
});

integrationTest("so does the 413 of limit-request-body", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: ["--limit-request-body", "1m"] });
  await server.ready(1);
  for (const [framing, body] of [[known, part], [chunked, chunk]] as const) {
    const line = await upload(server.port, head("/whole", framing), body);
    assertEquals([framing, line.slice(0, 12)], [framing, "HTTP/1.1 413"]);
  }
});

integrationTest("a client that waits before it sends its body is answered at once", async (host) => {
  const server = host.start({ files: { "main.ts": app } });
  await server.ready(1);
  using client = await RawClient.connect(server.port, head("/", `${known}\r\nExpect: 100-continue`));
  const start = performance.now();
  await client.received(/HTTP\/1\.1 413 [^]*enough of it$/);
  assert(performance.now() - start < 4_000);
});

integrationTest("an app that reads after its answer has all of the body, or an error", async (host) => {
  const server = host.start({ files: { "main.ts": app } });
  await server.ready(1);
  for (const [path, seen] of [["/later", `${size}`], ["/parts", "TypeError"]] as const) {
    for (const [framing, body] of [[known, part], [chunked, chunk]] as const) {
      await upload(server.port, head(path, framing), body);
      const told = await server.until("the end", async () => {
        const text = await server.text("/seen");
        return text !== "nothing yet" && text;
      });
      const whole = framing === known ? size : Math.ceil(size / chunk.length) * 999_000;
      assertEquals([path, framing, told], [path, framing, seen === "TypeError" ? seen : `${whole}`]);
    }
  }
});
