/** `--bind unix:PATH`: one socket, from which all workers accept. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { freePort, integrationTest, type TestHost } from "./harness.ts";
import { isRunning, type Server } from "./server.ts";
import { ask, SocketVisitors } from "./socket_visitors.ts";

const echoApp = `
export default (request: Request, info: { remoteAddr: object }) =>
  Response.json([request.url, info.remoteAddr, request.headers.get("x-forwarded-for")]);\n`;

function socketOf(host: TestHost, name = "app.sock"): string {
  return `${host.folder}/${name}`;
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Waits until the visitors got `count` more answers. */
async function more(server: Server, visitors: readonly SocketVisitors[], count = 200): Promise<void> {
  const wanted = visitors.map(({ outcomes }) => outcomes.answered + count);
  await server.until(
    "more answers",
    () => visitors.every(({ outcomes }, index) => outcomes.answered >= wanted[index]!),
  );
}

integrationTest("a Unix socket beside TCP: URL, client, access log, mode and status", async (host) => {
  const port = freePort();
  const path = socketOf(host);
  const server = host.start({
    files: { "main.ts": echoApp },
    port,
    args: [
      "--bind",
      "unix:app.sock",
      "--bind",
      `127.0.0.1:${port}`,
      "-w",
      "2",
      "--access-logfile",
      "access.log",
    ],
  });
  await server.ready(2);
  const peer = { transport: "unix", path };
  assertEquals(JSON.parse(await ask(path, "GET /a?b HTTP/1.1\r\nHost: shop.example:81")), [
    "http://shop.example:81/a?b",
    peer,
    null,
  ]);
  assertEquals(JSON.parse(await ask(path, "GET /a HTTP/1.0\r\nAccept: */*")), [
    "http://localhost/a",
    peer,
    null,
  ]);
  assertMatch(await ask(path, "GET /a HTTP/1.1\r\nHost: a/b?"), /the Host header is not valid/);
  const [url] = JSON.parse(await server.text("/tcp"));
  assertEquals(url, `${server.url}/tcp`);
  assertEquals(Deno.lstatSync(path).mode! & 0o777, 0o660);
  assertEquals((await server.status())?.addresses, [`127.0.0.1:${port}`, `unix:${path}`]);
  assertMatch(server.stderr, /2 workers of generation 1 ready on .*unix:.*app\.sock/);
  await server.until(
    "the line",
    () =>
      /^unix - - .*"GET \/a\?b HTTP\/1\.1" 200 /m.test(Deno.readTextFileSync(`${host.folder}/access.log`)),
  );
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assert(!exists(path));
  assertEquals(server.leftovers(), []);
});

integrationTest(
  "who connects to a Unix socket is a trusted proxy, also where others are not",
  async (host) => {
    const args = [
      "--bind",
      "unix:app.sock",
      "--forwarded-allow-ips",
      "192.0.2.1",
      "--access-logfile",
      "access.log",
    ];
    const server = host.start({ files: { "main.ts": echoApp }, args });
    await server.ready(1);
    const head =
      "GET /a HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https";
    assertEquals(JSON.parse(await ask(socketOf(host), head)), [
      "https://shop.example/a",
      { transport: "tcp", hostname: "203.0.113.9", port: 0 },
      "203.0.113.9",
    ]);
    await server.until(
      "the line",
      () => /^203\.0\.113\.9 - - /m.test(Deno.readTextFileSync(`${host.folder}/access.log`)),
    );
  },
);

integrationTest("reloads, recycled workers and upgrades lose no request", async (host) => {
  const path = socketOf(host);
  const args = ["--bind", "unix:app.sock", "-w", "2"];
  const server = host.start({ files: { "main.ts": pidApp }, args });
  await server.ready(2);
  const visitors = [new SocketVisitors(path, 8, false), new SocketVisitors(path, 8, true)];
  for (let generation = 2; generation <= 4; generation++) {
    await more(server, visitors);
    server.kill("SIGHUP");
    await server.ready(2, generation);
  }
  const [worker] = await server.ready(2);
  Deno.kill(worker!.pid, "SIGTERM");
  await server.until("its replacement", async () => {
    const workers = (await server.status())?.workers ?? [];
    return workers.length === 2 &&
      workers.every(({ pid, state }) => pid !== worker!.pid && state === "ready");
  });
  for (let upgrade = 0; upgrade < 2; upgrade++) {
    await more(server, visitors);
    const { inode } = { inode: Deno.lstatSync(path).ino };
    server.kill("SIGUSR2");
    await server.upgraded();
    await server.ready(2);
    assertEquals(Deno.lstatSync(path).ino, inode, "the socket stays");
  }
  await more(server, visitors);
  for (const each of visitors) {
    const { refused, cut } = await each.stop();
    assertEquals({ refused, cut }, { refused: 0, cut: 0 });
  }
  server.kill("SIGTERM");
  await server.until("the end of the last master", () => !isRunning(server.pid));
  assert(!exists(path));
});

integrationTest("what waits while the only worker is killed is served by the next one", async (host) => {
  const path = socketOf(host);
  const app =
    "export default (r: Request) => { if (r.url.endsWith('block')) for (;;); return new Response(String(Deno.pid)); };\n";
  const server = host.start({ files: { "main.ts": app }, args: ["--bind", "unix:app.sock"] });
  const [worker] = await server.ready(1);
  const blocked = ask(path, "GET /block HTTP/1.1\r\nHost: a").catch(() => "cut");
  await server.until("the blocked worker", async () => (await server.status())?.workers[0]?.inFlight === 1);
  const waiting = Array.from({ length: 20 }, () => ask(path));
  Deno.kill(worker!.pid, "SIGKILL");
  const answers = await Promise.all(waiting);
  const [next] = await server.ready(1);
  assertEquals(new Set(answers), new Set([String(next!.pid)]));
  assertEquals(await blocked, "cut");
});

integrationTest("a stop finishes what waits and refuses what comes later", async (host) => {
  const path = socketOf(host);
  const server = host.start({ files: { "main.ts": pidApp }, args: ["--bind", "unix:app.sock", "-w", "2"] });
  await server.ready(2);
  const visitors = [new SocketVisitors(path, 8, false), new SocketVisitors(path, 8, true)];
  await more(server, visitors);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  await server.until("refusals", () => visitors.every(({ outcomes }) => outcomes.refused > 0));
  for (const each of visitors) assertEquals((await each.stop()).cut, 0);
  assert(!exists(path));
  assertEquals(server.leftovers(), []);
});

integrationTest(
  "all workers drained on request: the socket is gone until there is one again",
  async (host) => {
    const path = socketOf(host);
    const server = host.start({ files: { "main.ts": pidApp }, args: ["--bind", "unix:app.sock"] });
    await server.ready(1);
    server.kill("SIGWINCH");
    await server.ready(0);
    assert(!exists(path));
    server.kill("SIGHUP");
    const [worker] = await server.ready(1);
    assertEquals(await ask(path), String(worker!.pid));
  },
);

integrationTest("the socket of a dead server is replaced, that of a living one is not", async (host) => {
  const path = socketOf(host);
  const args = ["--bind", "unix:app.sock"];
  const first = host.start({ files: { "main.ts": pidApp }, args: [...args, "-w", "2"] });
  await first.ready(2);
  const second = await host.run([...args, "main.ts"]);
  assertEquals(second.code, 3);
  assertMatch(
    second.stderr,
    new RegExp(`cannot listen: unix:${path} is in use by process ${first.pid}: stop`),
  );
  assertMatch(await ask(path), /^\d+$/);
  first.kill("SIGKILL");
  const third = host.start({ files: {}, args });
  const [worker] = await third.ready(1);
  assertEquals(await ask(path), String(worker!.pid));
  assertMatch(third.stderr, /replaced the socket .*app\.sock: no process listened on it/);
});

integrationTest("paths that cannot be used are refused with the reason", async (host) => {
  host.write({ "main.ts": pidApp, "file": "" });
  const refusal = async (bind: string) => {
    const { code, stderr } = await host.run(["--bind", bind, "main.ts"]);
    return `${code} ${stderr}`;
  };
  assertMatch(await refusal("unix:file"), /^3 .*unix:.*file is there already and is no socket: remove it/);
  assertMatch(
    await refusal("unix:@app"),
    /^2 .*not accepted, because an abstract name has no file whose mode/,
  );
  assertMatch(
    await refusal(`unix:/tmp/${"x".repeat(110)}`),
    /^2 .*its path has 115 bytes and Linux takes 107/,
  );
  assertMatch(
    await refusal("unix:none/app.sock"),
    /^3 .*unix:.*cannot be opened \(bind: No such file or directory\)/,
  );
  assert(exists(`${host.folder}/file`));
});

for (const [ms, steering] of [[0, "auto"], [100, "auto"], [300, "off"]] as const) {
  integrationTest(
    `the old master is killed ${ms} ms after it has started the new one (steering ${steering}): nothing is lost`,
    async (host) => {
      const path = socketOf(host);
      const args = ["--bind", "unix:app.sock", "-w", "2", "--steering", steering];
      const server = host.start({ files: { "main.ts": pidApp }, args });
      await server.ready(2);
      const visitors = [new SocketVisitors(path, 4, false), new SocketVisitors(path, 4, true)];
      server.kill("SIGUSR2");
      await server.logged(/upgrade: process (\d+) starts/);
      await new Promise((resolve) => setTimeout(resolve, ms));
      server.kill("SIGKILL");
      await server.upgraded();
      const after = (await server.ready(2)).map(({ pid }) => String(pid));
      await more(server, visitors);
      for (const each of visitors) {
        const { refused, cut } = await each.stop();
        assertEquals({ refused, cut }, { refused: 0, cut: 0 }, server.stderr);
      }
      assert(after.includes(await ask(path)));
      const second = await host.run(["--bind", "unix:app.sock", "main.ts"]);
      assertMatch(second.stderr, new RegExp(`is in use by process ${server.pid}: stop`));
      server.kill("SIGTERM");
      await server.until("the end of the last master", () => !isRunning(server.pid));
      assert(!exists(path));
    },
  );
}

integrationTest("a new master that fails leaves the socket to the old one", async (host) => {
  const path = socketOf(host);
  const server = host.start({ files: { "main.ts": pidApp }, args: ["--bind", "unix:app.sock", "-w", "2"] });
  const before = (await server.ready(2)).map(({ pid }) => String(pid));
  const visitors = [new SocketVisitors(path, 4, false), new SocketVisitors(path, 4, true)];
  for (
    const broken of [
      "export default 1;\n",
      `${pidApp}await new Promise(() => setInterval(() => {}, 1000));\n`,
    ]
  ) {
    const from = server.stderr.length;
    host.write({ "main.ts": broken });
    server.kill("SIGUSR2");
    const [, successor] = await server.logged(/upgrade: process (\d+) starts/, from);
    if (broken.includes("await")) Deno.kill(Number(successor), "SIGKILL");
    await server.logged(/upgrade failed/, from);
    await server.until("the phase", async () => (await server.status())?.phase === "running");
  }
  await more(server, visitors);
  for (const each of visitors) {
    const { refused, cut } = await each.stop();
    assertEquals({ refused, cut }, { refused: 0, cut: 0 });
    assert(each.bodies.keys().every((pid) => before.includes(pid)));
  }
  const second = await host.run(["--bind", "unix:app.sock", "main.ts"]);
  assertMatch(second.stderr, new RegExp(`is in use by process ${server.pid}: stop`));
});

integrationTest(
  "a program that calls Deno.serve is served at the socket, an app of node:http is refused",
  async (host) => {
    const program =
      "Deno.serve({ port: 3000, onListen: ({ port }) => console.log('at', port) }, () => new Response('one'));\n" +
      `Deno.serve({ port: ${freePort()}, hostname: "127.0.0.1" }, () => new Response("two"));\n`;
    const args = ["--bind", "unix:app.sock"];
    const server = host.start({ files: { "main.ts": program }, args });
    await server.ready(1);
    assertEquals(await ask(socketOf(host)), "one");
    await server.until("onListen", () => server.stdout.includes("at 3000"));
    assertEquals((await server.status())?.addresses.length, 2);
    server.kill("SIGTERM");
    await server.exit();
    host.write({
      "node.ts": "import http from 'node:http';\nexport default http.createServer((_, r) => void r.end());\n",
    });
    const { code, stderr } = await host.run([...args, "node.ts"]);
    assertEquals(code, 4);
    assertMatch(
      stderr,
      /cannot listen: unix:.*app\.sock is not possible for apps of node:http: give --bind HOST:PORT/,
    );
  },
);

integrationTest("out of file descriptors, a worker accepts again as soon as there are some", async (host) => {
  const path = socketOf(host);
  const server = host.start({
    files: { "main.ts": pidApp },
    args: ["--bind", "unix:app.sock"],
    command: ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", ...host.target.command],
  });
  const [worker] = await server.ready(1);
  const connections: Deno.Conn[] = [];
  for (let count = 0; count < 80; count++) connections.push(await Deno.connect({ transport: "unix", path }));
  let answer = "";
  void ask(path).then((text) => answer = text);
  await server.until("the limit", () => Array.from(Deno.readDirSync(`/proc/${worker!.pid}/fd`)).length > 55);
  connections.forEach((connection) => connection.close());
  await server.until("the answer", () => answer === String(worker!.pid));
  assertEquals(await ask(path), String(worker!.pid));
});

integrationTest("what came while a draining worker did not run is answered before it ends", async (host) => {
  const path = socketOf(host);
  const server = host.start({ files: { "main.ts": pidApp }, args: ["--bind", "unix:app.sock"] });
  const [worker] = await server.ready(1);
  using connection = await Deno.connect({ transport: "unix", path });
  const request = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const buffer = new Uint8Array(1_000);
  await connection.write(request);
  await connection.read(buffer);
  Deno.kill(worker!.pid, "SIGTERM");
  await server.until(
    "its drain",
    async () => (await server.status())?.workers.some(({ state }) => state === "draining"),
  );
  Deno.kill(worker!.pid, "SIGSTOP");
  await connection.write(request);
  // Longer than drain-idle.
  await new Promise((resolve) => setTimeout(resolve, 800));
  Deno.kill(worker!.pid, "SIGCONT");
  const count = await connection.read(buffer);
  assertMatch(new TextDecoder().decode(buffer.subarray(0, count ?? 0)), new RegExp(`${worker!.pid}$`));
});
