/** Compressed are only responses that `--compress` asks for, on both runtimes, and their headers say so. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { integrationTest, type TestHost } from "./harness.ts";
import { RawClient } from "./raw_client.ts";
import type { Server } from "./server.ts";

const app = `
const text = "hello ".repeat(1000);
const kinds: Record<string, () => BodyInit> = {
  "/text": () => text,
  "/bytes": () => new TextEncoder().encode(text),
  "/stream": () => new Blob([text]).stream(),
};
export default (request: Request): Response => {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === "/json") return Response.json({ text });
  if (pathname === "/same") return new Response(null, { status: 304, headers: { etag: '"one"' } });
  if (pathname === "/short") return new Response("short");
  const headers = new Headers({ "content-type": searchParams.get("type") ?? "text/plain", etag: '"one"' });
  for (const [name, value] of searchParams) if (name !== "type") headers.set(name, value);
  return new Response(kinds[pathname]!(), { headers });
};\n`;

const node = `
import http from "node:http";
http.createServer((request, response) => {
  response.setHeader("etag", '"one"');
  if (request.url === "/stream") response.write("hello ".repeat(500));
  else response.setHeader("content-type", "text/plain");
  response.end("hello ".repeat(500));
}).listen(8000);\n`;

const types = ["text/plain", "text/html;charset=UTF-8", "application/json", "image/svg+xml; charset=utf-8"];

/** The head of the answer as it was sent. */
async function head(server: Server, target: string, accepted = "gzip, br", method = "GET"): Promise<string> {
  const fields = ["Host: localhost", `Accept-Encoding: ${accepted}`, "Connection: close"];
  using client = await RawClient.connect(
    server.port,
    `${method} ${target} HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n`,
  );
  await client.received(/\r\n\r\n/);
  return client.text.slice(0, client.text.indexOf("\r\n\r\n"));
}

function field(head: string, name: string): string | null {
  return new RegExp(`^${name}:[ \t]*(.*?)[ \t]*$`, "im").exec(head)?.[1] ?? null;
}

/** By a client of HTTP/2 without TLS, which sends no Host. */
async function overHttp2(server: Server, target: string) {
  using client = Deno.createHttpClient({ http1: false, http2: true });
  const response = await fetch(`http://127.0.0.1:${server.port}${target}`, { client });
  return {
    type: response.headers.get("content-type"),
    etag: response.headers.get("etag"),
    text: await response.text(),
  };
}

function start(host: TestHost, source: string, args: readonly string[] = []): Server {
  return host.start({ files: { "main.ts": source }, args });
}

integrationTest(
  "without --compress nothing is compressed, and no header differs from the app's",
  async (host) => {
    const server = start(host, app);
    await server.ready(1);
    for (const path of ["/text", "/bytes", "/stream"]) {
      for (const type of types) {
        const found = await head(server, `${path}?type=${encodeURIComponent(type)}`);
        const seen = ["content-encoding", "content-type", "etag"].map((name) => field(found, name));
        assertEquals(seen, [null, type, '"one"'], `${path} ${type}`);
        const byFetch = await server.fetch(`${path}?type=${encodeURIComponent(type)}`);
        assertEquals([byFetch.headers.get("content-type"), (await byFetch.text()).length], [type, 6_000]);
      }
    }
    assertEquals(field(await head(server, "/json"), "content-type"), "application/json");
    assertEquals(field(await head(server, "/text", "identity"), "content-type"), "text/plain");
    assertEquals(field(await head(server, "/text", "gzip", "HEAD"), "content-length"), "6000");
    for (const type of types) {
      const { type: sent, etag, text } = await overHttp2(server, `/text?type=${encodeURIComponent(type)}`);
      assertEquals([sent!.replace(/ (?=;)/, "").replace(/;$/, ""), etag, text.length], [
        type,
        '"one"',
        6_000,
      ]);
    }
  },
);

integrationTest("without --compress a program of node:http is not compressed either", async (host) => {
  const server = start(host, node);
  await server.ready(1);
  for (const path of ["/text", "/stream"]) {
    const found = await head(server, path);
    assertEquals([field(found, "content-encoding"), field(found, "etag")], [null, '"one"']);
    assertEquals((await server.text(path)).replaceAll("hello ", ""), "");
  }
});

integrationTest(
  "with --compress a compressed response says what varies, and its ETag is weak; others are as they were",
  async (host) => {
    const server = start(host, app, ["--compress"]);
    await server.ready(1);
    const of = async (target: string, accepted?: string) => {
      const found = await head(server, target, accepted);
      return ["content-encoding", "etag", "content-length"].map((name) => field(found, name));
    };
    for (const path of ["/text", "/bytes", "/stream"]) {
      const [encoding, etag] = await of(path, "gzip");
      assertEquals([encoding, etag], ["gzip", 'W/"one"'], path);
      assertMatch(field(await head(server, path, "gzip"), "vary") ?? "", /^accept-encoding$/i);
    }
    assertEquals((await of("/text", "br"))[0], "br");
    assertEquals((await of("/text", "gzip;q=0"))[0], null);
    assertEquals((await of("/text", "identity")).slice(0, 2), [null, '"one"']);
    // A cache must not give the one to a client that asked for the other.
    assertMatch(field(await head(server, "/text", "identity"), "vary") ?? "", /^accept-encoding$/i);
    assertMatch(
      field(await head(server, "/text?vary=cookie", "gzip"), "vary") ?? "",
      /accept-encoding.*cookie|cookie.*accept-encoding/i,
    );
    assertMatch(field(await head(server, "/text?vary=*"), "vary") ?? "", /\*/);
    assertMatch(field(await head(server, "/same"), "vary") ?? "", /^accept-encoding$/i);
    assertEquals(await of("/text?type=image/png", "gzip"), [null, '"one"', "6000"]);
    assertEquals(await of("/text?cache-control=no-transform", "gzip"), [null, '"one"', "6000"]);
    assertEquals((await of("/short", "gzip"))[0], null);
    for (const encoding of ["gzip", "br"]) {
      const response = await server.fetch("/text", { headers: { "accept-encoding": encoding } });
      assert((await response.text()).length === 6_000, encoding);
    }
  },
);
