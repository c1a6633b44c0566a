/** What stands in a line of the access log, for responses of all kinds. */

import { assertEquals, assertMatch } from "../assert.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";
import { RawClient } from "./raw_client.ts";
import { TestAuthority } from "./test_authority.ts";

const app = `
const encoder = new TextEncoder();
const parts = (type?: "bytes") => {
  let left = 3;
  return new ReadableStream({
    type,
    pull(controller) {
      controller.enqueue(encoder.encode("1234"));
      if (--left === 0) controller.close();
    },
  } as UnderlyingDefaultSource);
};
const answers: Record<string, () => Response | Promise<Response>> = {
  "/text": () => new Response("h\u00e4llo \u{1f600}"),
  "/bytes": () => new Response(new Uint8Array(1_000)),
  "/json": () => Response.json({ a: 1 }),
  "/empty": () => new Response(),
  "/none": () => new Response(null, { status: 204 }),
  "/later": async () => new Response(await Promise.resolve("later")),
  "/stream": () => new Response(parts()),
  "/byte-stream": () => new Response(parts("bytes")),
  "/blob": () => new Response(new Blob(["12345678"])),
  "/long": () => new Response("x".repeat(100_000)),
  "/known": () => new Response(parts(), { headers: { "content-length": "12" } }),
  "/fetched": () => fetch(Deno.env.get("OTHER") + "/known"),
  "/unknown": () => fetch(Deno.env.get("OTHER") + "/unknown"),
  "/headers": () => new Response("x", { headers: { etag: '"e"', "x-two": "a b" } }),
};
export default (request: Request) => answers[new URL(request.url).pathname]?.() ?? new Response("no", { status: 404 });\n`;

async function lines({ folder }: TestHost, server: { until: Until }, count: number): Promise<string[]> {
  return await server.until("the lines", () => {
    const text = Deno.readTextFileSync(`${folder}/access.log`);
    const found = text.trimEnd().split("\n");
    return text !== "" && found.length === count && found;
  });
}
type Until = <T>(what: string, check: () => T | false) => Promise<T>;

const logged = (format: string) => ["--access-logfile", "access.log", "--access-logformat", format];

testOnOneTarget("a line has the bytes of the body as they were sent", async (host) => {
  await using other = Deno.serve({ port: 0, onListen() {} }, ({ url }) => {
    const { readable, writable } = new TextEncoderStream();
    const writer = writable.getWriter();
    void writer.write("fetched").then(() => writer.close());
    return url.endsWith("/known") ? new Response("fetched") : new Response(readable);
  });
  const server = host.start({
    files: { "main.ts": app },
    args: logged("%(m)s %(U)s %(s)s %(B)s"),
    env: { OTHER: `http://127.0.0.1:${other.addr.port}` },
  });
  await server.ready(1);
  const sizes = {
    text: 11,
    bytes: 1_000,
    json: 7,
    empty: 0,
    later: 5,
    stream: 12,
    "byte-stream": 12,
    blob: 8,
    long: 100_000,
    known: 12,
    missing: 2,
  };
  for (const [path, size] of Object.entries(sizes)) {
    assertEquals((await (await server.fetch(`/${path}`)).arrayBuffer()).byteLength, size, path);
  }
  for (const path of ["/none", "/fetched", "/unknown"]) await (await server.fetch(path)).text();
  await (await server.fetch("/text", { method: "HEAD" })).text();
  assertEquals(
    (await lines(host, server, 15)).toSorted(),
    [
      ...Object.entries(sizes).map(([path, size]) =>
        `GET /${path} ${path === "missing" ? 404 : 200} ${size}`
      ),
      "GET /none 204 0",
      "GET /fetched 200 7",
      "GET /unknown 200 -",
      "HEAD /text 200 0",
    ].toSorted(),
  );
});

testOnOneTarget("a size that is not known is -, also where the runtime may compress", async (host) => {
  const server = host.start({
    files: { "main.ts": app },
    args: [...logged("%(U)s %(B)s"), "--compress"],
  });
  await server.ready(1);
  const ask = async (path: string, coding: string) => {
    using client = await RawClient.connect(
      server.port,
      `GET ${path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ${coding}\r\nConnection: close\r\n\r\n`,
    );
    await client.closed();
  };
  await ask("/long", "gzip");
  await ask("/empty", "gzip");
  const found = await lines(host, server, 2);
  assertEquals(found.toSorted(), ["/empty 0", "/long -"]);
});

testOnOneTarget("a line has headers of the request and of the response, and the protocol", async (host) => {
  const format = '%(H)s "%({X-One}i)s" %({x-missing}i)s %({ETag}o)s %({x-two}o)s %(u)s';
  const server = host.start({ files: { "main.ts": app }, args: logged(format) });
  await server.ready(1);
  const ask = async (version: string, headers: string) => {
    using client = await RawClient.connect(server.port, `GET /headers HTTP/${version}\r\n${headers}\r\n`);
    await client.closed();
  };
  await ask(
    "1.1",
    `Host: a\r\nX-One: a "b"\r\nAuthorization: Basic ${btoa("anna:x")}\r\nConnection: close\r\n`,
  );
  await ask("1.0", "Connection: close\r\n");
  assertEquals(await lines(host, server, 2), [
    'HTTP/1.1 "a \\x22b\\x22" - \\x22e\\x22 a\\x20b anna',
    'HTTP/1.0 "-" - \\x22e\\x22 a\\x20b -',
  ]);
});

testOnOneTarget("an app of node:http has the same line", async (host) => {
  const node = `import { createServer } from "node:http";
createServer((request, response) => {
  response.setHeader("x-two", "two");
  if (request.url === "/parts") {
    response.write("h\u00e4");
    response.write(new Uint8Array(10));
    return response.end("end");
  }
  response.end("hello");
}).listen(8000);\n`;
  const format = '%(h)s %(m)s %(U)s %(H)s %(s)s %(B)s %({x-two}o)s "%(a)s"';
  const server = host.start({
    files: { "main.mjs": node, "public/large.bin": "x".repeat(1_000_000) },
    app: "main.mjs",
    args: [...logged(format), "--static", "/files=public"],
  });
  await server.ready(1);
  const asked = [["/parts", "GET"], ["/", "POST"], ["/", "HEAD"], ["/files/large.bin", "GET"]] as const;
  for (const [path, method] of asked) {
    await (await server.fetch(path, { method, headers: { "user-agent": "x" } })).arrayBuffer();
  }
  assertEquals(await lines(host, server, 4), [
    '127.0.0.1 GET /parts HTTP/1.1 200 16 two "x"',
    '127.0.0.1 POST / HTTP/1.1 200 5 two "x"',
    '127.0.0.1 HEAD / HTTP/1.1 200 0 two "x"',
    '127.0.0.1 GET /files/large.bin HTTP/1.1 200 1000000 - "x"',
  ]);
});

testOnOneTarget("json is a format of its own, beside an error log that is text", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: logged("json") });
  await server.ready(1);
  await (await server.fetch("/json", { headers: { "user-agent": "x" } })).text();
  const [line] = await lines(host, server, 1);
  const { time, duration_ms, requestId, ...rest } = JSON.parse(line!);
  assertMatch(`${time} ${duration_ms} ${requestId}`, /^\d{4}-.*Z [\d.]+ [\w-]+-1$/);
  assertEquals(rest, {
    remote: "127.0.0.1",
    method: "GET",
    target: "/json",
    protocol: "HTTP/1.1",
    status: 200,
    size: 7,
    referer: null,
    userAgent: "x",
    worker: 0,
  });
  assertMatch(server.stderr, / info /);
});

testOnOneTarget(
  "a format that cannot be written ends the start, and says what is wrong in it",
  async (host) => {
    host.write({ "main.ts": app });
    const { code, stderr } = await host.run(["main.ts", "--access-logformat", "%(h)s %(z)s"]);
    assertEquals(code, 2);
    assertMatch(
      stderr,
      /^denicorn: access-logformat: "%\(h\)s %\(z\)s" \(command line --access-logformat\) is not accepted: there is no atom/,
    );
  },
);

testOnOneTarget("a request over HTTP/2 is logged as one", async (host) => {
  new TestAuthority(host.folder).issue("server", "localhost");
  const tls = ["--certfile", "server.pem", "--keyfile", "server.key", "--http2"];
  const server = host.start({ files: { "main.ts": app }, args: [...tls, ...logged('"%(r)s" %(s)s %(B)s')] });
  await server.logged(/ready on/);
  const caCerts = [Deno.readTextFileSync(`${host.folder}/ca.pem`)];
  for (const http2 of [true, false]) {
    using client = Deno.createHttpClient({ caCerts, http1: !http2, http2 });
    await (await fetch(`https://localhost:${server.port}/stream`, { client })).text();
  }
  assertEquals(await lines(host, server, 2), [
    '"GET /stream HTTP/2.0" 200 12',
    '"GET /stream HTTP/1.1" 200 12',
  ]);
});
