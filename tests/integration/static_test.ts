/** Files beside the app, with `--static`. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { notInThisProgram, type TestHost, testOnOneTarget, until } from "./harness.ts";
import { linkPackages } from "./node_packages.ts";
import { RawClient } from "./raw_client.ts";
import type { Server } from "./server.ts";

const app = `export default (request: Request) =>
  new Response(\`app \${request.method} \${new URL(request.url).pathname}\`);\n`;

const text = "0123456789";
/** More than is read at once, and more than the kernel holds for a client. */
const bigSize = 8 * 1024 * 1024;

const files = {
  "main.ts": app,
  "1.txt": "secret",
  "public/a.txt": text,
  "public/page.html": "<h1>page</h1>",
  "public/sub/index.html": "<h1>index</h1>",
  "public/.env": "secret",
  "public/.git/config": "secret",
  "public/app.js": "let identity;",
  "public/app.js.br": "as brotli",
  "public/app.js.gz": "as gzip",
  "public/100%.txt": "percent",
  "public/ä b.txt": "name",
  "public/empty.txt": "",
  "site/index.html": "<h1>home</h1>",
  "site/.well-known/security.txt": "contact",
};

function big(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(bigSize);
  for (let index = 0; index < bigSize; index++) bytes[index] = (index * 7 + (index >> 8)) & 0xff;
  return bytes;
}

function start(host: TestHost, args: readonly string[] = []): Server {
  return host.start({ files, args: ["--static", "/assets=./public", "--static", "/=site", ...args] });
}

/** `target` as it is: fetch would change it. */
async function raw(server: Server, target: string, fields = "", method = "GET") {
  using client = await RawClient.connect(
    server.port,
    `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${fields}\r\n`,
  );
  await client.closed();
  const [head = "", body = ""] = client.text.split("\r\n\r\n");
  const headers: Record<string, string> = {};
  for (const line of head.split("\r\n").slice(1)) {
    const [, name, value] = /^([^:]+):\s*(.*)$/.exec(line)!;
    headers[name!.toLowerCase()] = value!;
  }
  return { status: Number(head.split(" ")[1]), headers, body };
}

testOnOneTarget("files are served below their path, and the app has the rest", async (host) => {
  const server = start(host);
  await server.ready(1);
  const seen = async (path: string) => {
    const response = await server.fetch(path);
    return [response.status, response.headers.get("content-type"), await response.text()];
  };
  assertEquals(await seen("/assets/a.txt"), [200, "text/plain; charset=utf-8", text]);
  assertEquals(await seen("/assets/page.html"), [200, "text/html; charset=utf-8", "<h1>page</h1>"]);
  assertEquals(await seen("/assets/sub/"), [200, "text/html; charset=utf-8", "<h1>index</h1>"]);
  assertEquals(await seen("/assets/sub?a=b"), [200, "text/html; charset=utf-8", "<h1>index</h1>"]);
  assertEquals(await seen("/assets/100%25.txt"), [200, "text/plain; charset=utf-8", "percent"]);
  assertEquals((await seen("/assets/%C3%A4%20b.txt"))[2], "name");
  assertEquals((await seen("/assets/empty.txt")).slice(0, 1), [200]);
  assertEquals(await seen("/"), [200, "text/html; charset=utf-8", "<h1>home</h1>"]);
  assertEquals((await seen("/.well-known/security.txt"))[2], "contact");
  for (const path of ["/assets/none", "/assets/", "/assets", "/api", "/assets/a.txt/", "/assets//a.txt"]) {
    assertEquals((await seen(path))[2], `app GET ${path}`);
  }
  const { status, headers } = await raw(server, "/assets/sub?a=b");
  assertEquals([status, headers["location"]], [301, "/assets/sub/?a=b"]);
  assertEquals((await raw(server, "/assets/a.txt#there")).body, text);
  for (const method of ["POST", "OPTIONS", "DELETE"]) {
    const response = await server.fetch("/assets/a.txt", { method });
    assertEquals(await response.text(), `app ${method} /assets/a.txt`);
  }
});

testOnOneTarget("no path leads out of the folder or to a hidden file, and no link does", async (host) => {
  host.write(files);
  Deno.symlinkSync("../1.txt", `${host.folder}/public/link`);
  Deno.symlinkSync("..", `${host.folder}/public/up`);
  Deno.symlinkSync("/etc", `${host.folder}/public/etc`);
  Deno.symlinkSync("a.txt", `${host.folder}/public/inside`);
  Deno.symlinkSync(`${host.folder}/public/a.txt`, `${host.folder}/public/absolute`);
  assertEquals(new Deno.Command("mkfifo", { args: [`${host.folder}/public/fifo`] }).outputSync().code, 0);
  const server = start(host);
  await server.ready(1);
  const refused = [
    ...["../1.txt", "sub/../../1.txt", "%2e%2e/1.txt", "%2E%2E/1.txt", ".%2e/1.txt"],
    ...[
      "%252e%252e/1.txt",
      "..%2f1.txt",
      "%2e%2e%2f1.txt",
      "%2e%2e%5c1.txt",
      "..%255c1.txt",
    ],
    ...[
      "..\\1.txt",
      "..%5c1.txt",
      "..;/1.txt",
      "%00",
      "a.txt%00.js",
      ".env",
      "%2e-env",
      ".git/config",
    ],
    ...["link", "up/1.txt", "up/", "etc/passwd", "etc/hostname"],
  ];
  for (const path of refused) {
    const { status, body } = await raw(server, `/assets/${path}`);
    assertEquals([status, body], [404, "Not Found"], path);
  }
  for (const path of ["%c0%ae%c0%ae/1.txt", "fifo", "/1.txt", "//etc/passwd"]) {
    assertMatch((await raw(server, `/assets/${path}`)).body, /^app GET/, path);
  }
  for (const path of ["inside", "absolute"]) assertEquals((await raw(server, `/assets/${path}`)).body, text);
  assertEquals(/ error |    at /.test(server.stderr), false, server.stderr);
});

testOnOneTarget("a client that has a file does not get it again", async (host) => {
  const server = start(host);
  await server.ready(1);
  const first = await raw(server, "/assets/a.txt");
  const { etag = "", "last-modified": date = "" } = first.headers;
  assertMatch(etag, /^"[^"]+"$/);
  assertEquals(
    new Date(date).getTime(),
    Math.floor(Deno.statSync(`${host.folder}/public/a.txt`).mtime!.getTime() / 1_000) * 1_000,
  );
  assertEquals([first.headers["cache-control"], first.headers["accept-ranges"]], ["no-cache", "bytes"]);
  for (
    const field of [
      `If-None-Match: ${etag}`,
      `If-None-Match: W/${etag}`,
      "If-None-Match: *",
      `If-Modified-Since: ${date}`,
    ]
  ) {
    const { status, headers, body } = await raw(server, "/assets/a.txt", `${field}\r\n`);
    assertEquals(
      [status, headers["etag"], headers["cache-control"], body],
      [304, etag, "no-cache", ""],
      field,
    );
  }
  assertEquals((await raw(server, "/assets/a.txt", 'If-None-Match: "x"\r\n')).status, 200);
  assertEquals((await raw(server, "/assets/a.txt", 'If-Match: "x"\r\n')).status, 412);
  const head = await raw(server, "/assets/a.txt", "", "HEAD");
  const { date: _, ...expected } = first.headers;
  const { date: __, ...got } = head.headers;
  assertEquals([head.status, got, head.body], [200, expected, ""]);
  Deno.writeTextFileSync(`${host.folder}/public/a.txt`, "another");
  assertEquals((await raw(server, "/assets/a.txt", `If-None-Match: ${etag}\r\n`)).body, "another");
});

testOnOneTarget("ranges, of short and long files, to who has the same file only", async (host) => {
  host.write(files);
  const bytes = big();
  Deno.writeFileSync(`${host.folder}/public/big.bin`, bytes);
  const server = start(host);
  await server.ready(1);
  const { headers: { etag } } = await raw(server, "/assets/a.txt");
  const seen = async (fields: string) => {
    const { status, headers, body } = await raw(server, "/assets/a.txt", fields);
    return [status, headers["content-range"], body];
  };
  assertEquals(await seen("Range: bytes=2-4\r\n"), [206, "bytes 2-4/10", "234"]);
  assertEquals(await seen("Range: bytes=-3\r\n"), [206, "bytes 7-9/10", "789"]);
  assertEquals(await seen("Range: bytes=10-\r\n"), [416, "bytes */10", ""]);
  assertEquals(await seen("Range: bytes=0-1,4-5\r\n"), [200, undefined, text]);
  assertEquals(await seen(`Range: bytes=2-4\r\nIf-Range: ${etag}\r\n`), [206, "bytes 2-4/10", "234"]);
  assertEquals(await seen('Range: bytes=2-4\r\nIf-Range: "x"\r\n'), [200, undefined, text]);
  const whole = await server.fetch("/assets/big.bin");
  assertEquals(whole.headers.get("content-length"), String(bigSize));
  assert(isSame(await whole.bytes(), bytes));
  const part = await server.fetch("/assets/big.bin", { headers: { range: "bytes=100000-7000000" } });
  assertEquals([part.status, part.headers.get("content-length")], [206, "6900001"]);
  assert(isSame(await part.bytes(), bytes.subarray(100_000, 7_000_001)));
});

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

testOnOneTarget("a compressed copy beside a file is sent to who takes it", async (host) => {
  const server = start(host);
  await server.ready(1);
  const seen = async (accepted: string, more = "") => {
    const { status, headers, body } = await raw(
      server,
      "/assets/app.js",
      `Accept-Encoding: ${accepted}\r\n${more}`,
    );
    assertEquals([headers["vary"], headers["content-type"]], [
      "Accept-Encoding",
      "text/javascript; charset=utf-8",
    ]);
    return { seen: [status, headers["content-encoding"], body], etag: headers["etag"]! };
  };
  const br = await seen("gzip, deflate, br, zstd");
  assertEquals(br.seen, [200, "br", "as brotli"]);
  const gzip = await seen("gzip, br;q=0.5");
  assertEquals(gzip.seen, [200, "gzip", "as gzip"]);
  const none = await seen("zstd, identity");
  assertEquals(none.seen, [200, undefined, files["public/app.js"]]);
  assertEquals((await seen("gzip;q=0")).seen, none.seen);
  assertEquals(new Set([br.etag, gzip.etag, none.etag]).size, 3);
  assertEquals(
    (await raw(server, "/assets/app.js", `Accept-Encoding: br\r\nIf-None-Match: ${br.etag}\r\n`)).status,
    304,
  );
  assertEquals(
    (await raw(server, "/assets/app.js", `Accept-Encoding: br\r\nIf-None-Match: ${gzip.etag}\r\n`)).status,
    200,
  );
  assertEquals((await seen("br", "Range: bytes=3-\r\n")).seen, [206, "br", "brotli"]);
});

testOnOneTarget(
  "with --compress the runtime compresses other files, whose ETag is weak then",
  async (host) => {
    host.write({
      ...files,
      "public/long.txt": "hello ".repeat(1_000),
      "public/longer.txt": "hello ".repeat(20_000),
    });
    const server = start(host, ["--compress"]);
    await server.ready(1);
    for (const [name, length] of [["long", 6_000], ["longer", 120_000]] as const) {
      const path = `/assets/${name}.txt`;
      const plain = await raw(server, path);
      assertEquals([plain.headers["content-encoding"], plain.body.length], [undefined, length]);
      const strong = plain.headers["etag"]!;
      const zipped = await server.fetch(path, { headers: { "accept-encoding": "gzip" } });
      assertEquals(zipped.headers.get("etag"), `W/${strong}`);
      assertEquals((await zipped.text()).length, length);
      const again = await raw(server, path, `Accept-Encoding: gzip\r\nIf-None-Match: W/${strong}\r\n`);
      assertEquals([again.status, again.headers["etag"]], [304, `W/${strong}`]);
      const part = await raw(server, path, "Accept-Encoding: gzip\r\nRange: bytes=0-4\r\n");
      assertEquals([part.status, part.headers["etag"], part.body], [206, strong, "hello"]);
      const { status } = await raw(
        server,
        path,
        `Accept-Encoding: gzip\r\nRange: bytes=0-4\r\nIf-Range: W/${strong}\r\n`,
      );
      assertEquals(status, 200);
    }
    const copy = await raw(server, "/assets/app.js", "Accept-Encoding: gzip\r\n");
    assertEquals([copy.headers["content-encoding"], copy.body], ["gzip", "as gzip"]);
  },
);

testOnOneTarget(
  "files are counted and logged like answers of the app, and clients that leave keep none open",
  async (host) => {
    host.write(files);
    Deno.writeFileSync(`${host.folder}/public/big.bin`, big());
    const server = start(host, ["--access-logfile", "access.log"]);
    const [worker] = await server.ready(1);
    const open = () => openFiles(worker!.pid);
    await (await server.fetch("/assets/a.txt")).text();
    await raw(server, "/assets/.env");
    assertEquals((await server.fetch("/assets/big.bin", { method: "HEAD" })).status, 200);
    {
      const clients = await Promise.all(
        Array.from(
          { length: 3 },
          () => RawClient.connect(server.port, "GET /assets/big.bin HTTP/1.1\r\nHost: a\r\n\r\n", false),
        ),
      );
      await until("three open files", () => open().length === 3);
      for (const client of clients) client[Symbol.dispose]();
    }
    await until("no open files", () => open().length === 0);
    const lines = () => Deno.readTextFileSync(`${host.folder}/access.log`);
    await until("all lines", () => lines().split("\n").length >= 7, { explain: lines });
    assertMatch(lines(), /"GET \/assets\/a\.txt[^\n]* 200 /);
    assertMatch(lines(), /"GET \/assets\/\.env[^\n]* 404 /);
    assertEquals(lines().match(/"GET \/assets\/big\.bin[^\n]* 499 /g)?.length, 3, lines());
    const [status] = await server.status().then((status) => [status!]);
    assertEquals(status!.workers[0]!.inFlight, 0);
  },
);

function openFiles(pid: number): string[] {
  return Array.from(Deno.readDirSync(`/proc/${pid}/fd`), ({ name }) => link(pid, name))
    .filter((path) => path.endsWith("big.bin"));
}

function link(pid: number, name: string): string {
  try {
    return Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
  } catch {
    return "";
  }
}

testOnOneTarget("a folder that is missing or none is an error of start, check and reload", async (host) => {
  host.write(files);
  const faults = [
    [
      "/assets=./missing",
      /cannot serve static files: \/assets=\.\/missing \(there is no such folder\): create it/,
    ],
    [
      "/assets=main.ts",
      /cannot serve static files: \/assets=main\.ts \(it is not a folder\): give the folder/,
    ],
    ["/assets=public/fifo", /cannot serve static files: \/assets=public\/fifo \(it is not a folder\)/],
    ["assets=./public", /static: "assets=\.\/public" .*give a path and a folder as PATH=FOLDER/s],
    ["/assets", /static: "\/assets" /],
    ["/a/../b=public", /static: "\/a\/\.\.\/b=public" /],
  ] as const;
  assertEquals(new Deno.Command("mkfifo", { args: [`${host.folder}/public/fifo`] }).outputSync().code, 0);
  for (const [value, message] of faults) {
    for (const command of ["serve", "check"]) {
      const { code, stderr } = await host.run([command, "--static", value, "main.ts"]);
      assertEquals(code, 2, stderr);
      assertMatch(stderr, message);
    }
  }
  const twice = await host.run(["check", "--static", "/a=public", "--static", "/a/=site", "main.ts"]);
  assertMatch(twice.stderr, /static: "\/a=site" .*\/a has a folder already/);

  host.write({ "token": "0123456789abcdef", "hidden/.token": "0123456789abcdef" });
  const withToken = (file: string, folder: string) =>
    host.run([
      "check",
      "--admin-bind",
      "127.0.0.1:0",
      "--admin-token-file",
      file,
      "--static",
      `/=${folder}`,
      "main.ts",
    ]);
  const open = await withToken("token", ".");
  assertEquals(open.code, 2);
  assertMatch(
    open.stderr,
    /cannot serve static files: \/=\. \(clients could read admin-token-file \S+\/token\)/,
  );
  for (const [file, folder] of [["token", "site"], ["hidden/.token", "hidden"]] as const) {
    assertEquals((await withToken(file, folder)).code, 0);
  }

  const config = (path: string) => `export default { static: ["/assets=${path}"] };`;
  host.write({ "denicorn.config.ts": config("public") });
  const server = host.start({ files });
  await server.ready(1);
  assertEquals(await server.text("/assets/a.txt"), text);
  host.write({ "denicorn.config.ts": config("missing") });
  server.kill("SIGHUP");
  await server.logged(/cannot serve static files: \/assets=missing/);
  assertEquals(await server.text("/assets/a.txt"), text);
  host.write({ "denicorn.config.ts": config("site") });
  server.kill("SIGHUP");
  await server.ready(1, 3);
  assertEquals(await server.text("/assets/index.html"), "<h1>home</h1>");
  assertEquals(await server.text("/assets/a.txt"), "app GET /assets/a.txt");
});

testOnOneTarget("a link to a release is followed when the server starts or reloads", async (host) => {
  host.write({ "one/a.txt": "one", "two/a.txt": "two" });
  Deno.symlinkSync("one", `${host.folder}/current`);
  const server = host.start({ files: { "main.ts": app }, args: ["--static", "/assets=current"] });
  await server.ready(1);
  Deno.removeSync(`${host.folder}/current`);
  Deno.symlinkSync("two", `${host.folder}/current`);
  assertEquals(await server.text("/assets/a.txt"), "one");
  server.kill("SIGHUP");
  await server.ready(1, 2);
  assertEquals(await server.text("/assets/a.txt"), "two");
  // What a build does that replaces the folder.
  Deno.renameSync(`${host.folder}/two`, `${host.folder}/old`);
  host.write({ "two/a.txt": "three" });
  await until("the new folder", async () => (await server.text("/assets/a.txt")) === "three");
});

const nodeApp = `
import http from "node:http";
http.createServer((request, response) => response.end(\`app \${request.method} \${request.url}\`)).listen(8000);\n`;

testOnOneTarget("a program of node:http has files in front of it, too", async (host) => {
  host.write(files);
  const bytes = big();
  Deno.writeFileSync(`${host.folder}/public/big.bin`, bytes);
  Deno.symlinkSync("../1.txt", `${host.folder}/public/link`);
  const server = host.start({
    files: { "main.ts": nodeApp },
    args: ["--static", "/assets=./public", "--access-logfile", "access.log"],
  });
  const [worker] = await server.ready(1);
  const first = await raw(server, "/assets/a.txt");
  const { etag, "content-type": type, "content-length": length } = first.headers;
  assertEquals([first.status, first.body, type, length], [200, text, "text/plain; charset=utf-8", "10"]);
  assertEquals((await raw(server, "/assets/a.txt", `If-None-Match: ${etag}\r\n`)).status, 304);
  const head = await raw(server, "/assets/a.txt", "", "HEAD");
  assertEquals([head.status, head.headers["content-length"], head.body], [200, "10", ""]);
  assertEquals(
    (await raw(server, "/assets/app.js", "Accept-Encoding: gzip\r\n")).headers["content-encoding"],
    "gzip",
  );
  const part = await raw(server, "/assets/a.txt", "Range: bytes=2-4\r\n");
  assertEquals([part.status, part.headers["content-range"], part.body], [206, "bytes 2-4/10", "234"]);
  for (const path of ["../1.txt", "%2e%2e/1.txt", "%252e%252e/1.txt", "..%5c1.txt", ".env", "link"]) {
    assertEquals((await raw(server, `/assets/${path}`)).status, 404, path);
  }
  assertEquals(await server.text("/assets/none"), "app GET /assets/none");
  assertEquals(
    await (await server.fetch("/assets/a.txt", { method: "POST" })).text(),
    "app POST /assets/a.txt",
  );
  assert(isSame(await (await server.fetch("/assets/big.bin")).bytes(), bytes));
  {
    using client = await RawClient.connect(
      server.port,
      "GET /assets/big.bin HTTP/1.1\r\nHost: a\r\n\r\n",
      false,
    );
    await until("an open file", () => openFiles(worker!.pid).length === 1);
    client[Symbol.dispose]();
  }
  await until("no open files", () => openFiles(worker!.pid).length === 0);
  {
    using client = await RawClient.connect(
      server.port,
      "GET /assets/big.bin HTTP/1.1\r\nHost: a\r\n\r\n",
      false,
    );
    await until("an open file", () => openFiles(worker!.pid).length === 1);
    Deno.truncateSync(`${host.folder}/public/big.bin`, 10);
    void client.drain();
    await server.logged(/GET \/assets\/big\.bin: a file could not be sent\n +Error: a file became shorter/);
  }
  await until("no request in flight", async () => (await server.status())?.workers[0]?.inFlight === 0);
});

testOnOneTarget("an app that replaces the global Response has its files, too", async (host) => {
  host.write(files);
  const bytes = big();
  Deno.writeFileSync(`${host.folder}/public/big.bin`, bytes);
  linkPackages(host);
  const own = `globalThis.Response = class extends Response {};\n${app}`;
  const adapter = `import { serve } from "@hono/node-server";
import { Hono } from "hono";
serve({ fetch: new Hono().get("*", (context) => context.text("app")).fetch, port: 8000 });\n`;
  for (const source of [own, adapter]) {
    const server = host.start({ files: { "main.ts": source }, args: ["--static", "/assets=./public"] });
    await server.ready(1);
    const { status, headers, body } = await raw(server, "/assets/a.txt");
    assertEquals([status, headers["content-type"], body], [200, "text/plain; charset=utf-8", text]);
    assertEquals((await raw(server, "/assets/a.txt", `If-None-Match: ${headers["etag"]}\r\n`)).status, 304);
    assertEquals((await raw(server, "/assets/.env")).status, 404);
    assertEquals((await raw(server, "/assets/sub")).status, 301);
    assert(isSame(await (await server.fetch("/assets/big.bin")).bytes(), bytes));
    assertMatch(await server.text("/assets/none"), /^app/);
    assertEquals(/ error |    at /.test(server.stderr), false, server.stderr);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0, server.stderr);
  }
});

/** A binary has all permissions. */
const onlySource = ({ name }: { readonly name: string }) => name === "source" ? null : notInThisProgram;

testOnOneTarget("a file that Deno may not read is not served", async (host) => {
  host.write(files);
  Deno.symlinkSync("../1.txt", `${host.folder}/public/link`);
  Deno.symlinkSync("a.txt", `${host.folder}/public/inside`);
  Deno.writeFileSync(`${host.folder}/public/big.bin`, big());
  const denied = `--deny-read=${host.folder}/public/page.html`;
  const server = host.start({
    files,
    args: ["--static", "/assets=./public"],
    command: host.target.command.flatMap((word) => word === "-A" ? ["-A", denied] : [word]),
  });
  await server.ready(1);
  assertEquals(await server.text("/assets/page.html"), "app GET /assets/page.html");
  assertEquals(await server.text("/assets/a.txt"), text);
  assertEquals(await server.text("/assets/inside"), text);
  assertEquals((await raw(server, "/assets/link")).status, 404);
  assertEquals((await raw(server, "/assets/sub/")).body, "<h1>index</h1>");
  assertEquals((await (await server.fetch("/assets/big.bin")).bytes()).length, bigSize);
  const part = await server.fetch("/assets/big.bin", { headers: { range: "bytes=-70000" } });
  assert(isSame(await part.bytes(), big().subarray(-70_000)));
}, onlySource);
