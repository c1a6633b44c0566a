/** `--bind fd://NUMBER`: a listening socket from the process that starts the server. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { nobody } from "./as_root.ts";
import { freePort, integrationTest, type TestHost } from "./harness.ts";
import { InheritedListener } from "./inherited_listener.ts";
import { otherUserTest } from "./other_user.ts";
import { RawClient } from "./raw_client.ts";
import type { Server } from "./server.ts";
import { ask, SocketVisitors } from "./socket_visitors.ts";
import { TestAuthority } from "./test_authority.ts";

const echoApp = `
export default (request: Request, info: { remoteAddr: object }) =>
  Response.json([request.url, info.remoteAddr]);\n`;

function start(
  host: TestHost,
  listener: InheritedListener,
  app: string,
  args: readonly string[] = [],
): Server {
  const { bind, port } = listener;
  return listener.pass(() =>
    host.start({ files: { "main.ts": app }, args: ["--bind", bind, ...args], port })
  );
}

integrationTest("a worker serves an inherited TCP socket, and knows its clients", async (host) => {
  using listener = InheritedListener.tcp();
  const { port } = listener;
  // Before anything of the server runs.
  const early = await Deno.connect({ port });
  await early.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: early\r\nConnection: close\r\n\r\n"));
  const server = start(host, listener, echoApp);
  const answer = await new Response(early.readable).text();
  const { hostname, port: own } = early.localAddr as Deno.NetAddr;
  const client = { transport: "tcp", hostname, port: own };
  assertEquals(JSON.parse(answer.split("\r\n\r\n")[1]!), ["http://early/", client]);
  await server.ready(1);
  await server.logged(new RegExp(`http://127\\.0\\.0\\.1:${port} \\(inherited\\)`));
  assertEquals((await server.status())?.addresses, [`127.0.0.1:${port} (inherited)`]);
  const [url] = JSON.parse(await ask(port, "GET /a HTTP/1.0"));
  assertEquals(url, `http://localhost:${port}/a`, "without a Host header");
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
});

integrationTest("one of IPv6 is served beside an address of the server's own", async (host) => {
  using listener = InheritedListener.tcp("::1");
  const own = freePort();
  const server = start(host, listener, pidApp, ["--bind", `127.0.0.1:${own}`, "-w", "2"]);
  const pids = (await server.ready(2)).map(({ pid }) => String(pid));
  await server.logged(
    new RegExp(`ready on http://127\\.0\\.0\\.1:${own}, http://\\[::1\\]:${listener.port} \\(inherited\\)`),
  );
  const text = await (await fetch(`http://[::1]:${listener.port}/`)).text();
  assert(pids.includes(text) && pids.includes(await ask(own)));
  using visitors = new SocketVisitors(own, 4, true);
  server.kill("SIGHUP");
  await server.ready(2, 2);
  const { refused, cut } = await visitors.stop();
  assertEquals({ refused, cut }, { refused: 0, cut: 0 });
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
});

integrationTest("with a certificate it is for TLS, and redirects lead there", async (host) => {
  using listener = InheritedListener.tcp();
  const authority = new TestAuthority(host.folder);
  authority.issue("server", "localhost");
  const redirects = freePort();
  const server = start(host, listener, echoApp, [
    ...["--certfile", "server.pem", "--keyfile", "server.key", "-w", "2"],
    ...["--redirect-http", `127.0.0.1:${redirects}`],
  ]);
  await server.ready(2);
  await server.logged(new RegExp(`https://127\\.0\\.0\\.1:${listener.port} \\(inherited\\)`));
  using client = Deno.createHttpClient({ caCerts: [authority.certificate], poolMaxIdlePerHost: 0 });
  const secure = `https://localhost:${listener.port}/a`;
  const [url, { hostname }] = await (await fetch(secure, { client })).json();
  assertEquals([url, hostname], [secure, "127.0.0.1"]);
  const redirect = await fetch(`http://localhost:${redirects}/a`, { redirect: "manual" });
  await redirect.body?.cancel();
  assertEquals(redirect.headers.get("location"), secure);
});

integrationTest("a header of the PROXY protocol names the client", async (host) => {
  using listener = InheritedListener.tcp();
  const server = start(host, listener, echoApp, ["--proxy-protocol", "-w", "2"]);
  await server.ready(2);
  using connection = await RawClient.connect(
    listener.port,
    "PROXY TCP4 203.0.113.9 127.0.0.1 4711 80\r\nGET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
  );
  await connection.closed();
  const expected = ["http://a/a", { transport: "tcp", hostname: "203.0.113.9", port: 4711 }];
  assertEquals(JSON.parse(/^\[.*\]/m.exec(connection.text)![0]), expected);
});

for (const args of [["--worker-class", "sync"], ["--worker-class", "threads", "--threads", "2"]]) {
  integrationTest(`a reload loses nothing with ${args.join(" ")}`, async (host) => {
    using listener = InheritedListener.tcp();
    const server = start(host, listener, pidApp, [...args, "-w", "2"]);
    const count = args.includes("threads") ? 4 : 2;
    await server.ready(count);
    using fresh = new SocketVisitors(listener.port, 4, false);
    using kept = new SocketVisitors(listener.port, 4, true);
    server.kill("SIGHUP");
    await server.ready(count, 2);
    for (const visitors of [fresh, kept]) {
      const { refused, cut, answered } = await visitors.stop();
      assertEquals({ refused, cut }, { refused: 0, cut: 0 });
      assert(answered > 50);
    }
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  });
}

integrationTest(
  "a worker that is blocked leaves new connections to the others, and slow clients are ended",
  async (host) => {
    using listener = InheritedListener.tcp();
    const app = "export default (r: Request) => {\n" +
      "  if (r.url.endsWith('/block')) for (const end = Date.now() + 1500; Date.now() < end;);\n" +
      "  return new Response(String(Deno.pid));\n" +
      "};\n";
    const server = start(host, listener, app, ["-w", "2", "--header-timeout", "1"]);
    await server.ready(2);
    const blocked = ask(listener.port, "GET /block HTTP/1.1\r\nHost: a");
    await server.until(
      "the blocked worker",
      async () => (await server.status())?.workers.some(({ inFlight }) => inFlight === 1),
    );
    const others = new Set<string>();
    for (let count = 0; count < 20; count++) others.add(await ask(listener.port));
    assertEquals(others.size, 1);
    assert(!others.has(await blocked));
    using slow = await RawClient.connect(listener.port, "GET / HTTP/1.1\r\nHost");
    await slow.closed();
    assertMatch(slow.text, /^HTTP\/1\.1 408 /);
  },
);

integrationTest("what cannot be served is refused, with what it is", async (host) => {
  host.write({
    "main.ts": pidApp,
    "node.mjs": "import http from 'node:http';\nhttp.createServer().listen(80);\n",
  });
  for (
    const [number, refusal, what] of [
      [
        "0",
        2,
        /bind: "fd:\/\/0" \(command line --bind\) is not accepted: 0, 1 and 2 are the standard streams/,
      ],
      [
        "900",
        3,
        /cannot listen: fd:\/\/900 is not open: let the process that starts denicorn pass a listening socket/,
      ],
    ] as const
  ) {
    const { code, stderr } = await host.run(["--bind", `fd://${number}`, "main.ts"]);
    assertEquals(code, refusal);
    assertMatch(stderr, what);
  }
  using listener = InheritedListener.tcp();
  const { code, stderr } = await listener.pass(() => host.run(["--bind", listener.bind, "node.mjs"]));
  assertEquals(code, 4);
  assertMatch(
    stderr,
    /cannot listen: fd:\/\/\d+ is not possible for apps of node:http: give --bind HOST:PORT/,
  );
});

integrationTest("a reload says that another socket needs a restart", async (host) => {
  using first = InheritedListener.tcp();
  const config = (bind: string) => ({ "denicorn.config.json": JSON.stringify({ bind: [bind] }) });
  host.write(config(first.bind));
  const server = first.pass(() =>
    host.start({ files: { "main.ts": pidApp }, isBound: false, port: first.port })
  );
  await server.ready(1);
  host.write(config("fd://77"));
  server.kill("SIGHUP");
  await server.logged(/bind/);
  await server.ready(1, 2);
  assertMatch(await ask(first.port), /^\d+$/);
  await server.logged(/bind.*restart/);
});

otherUserTest(
  "workers of another user serve inherited sockets, also after a death and an upgrade",
  async (host) => {
    const path = `${host.folder}/closed.sock`;
    using tcp = InheritedListener.tcp();
    using unix = InheritedListener.unix(path);
    // Only its owner may connect to this file, and the workers need not.
    Deno.chmodSync(path, 0o600);
    const app = "export default () => Response.json([Deno.uid(), Deno.pid]);\n";
    const server = unix.pass(() => start(host, tcp, app, ["--bind", unix.bind, "--user", "nobody"]));
    const [worker] = await server.ready(1);
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
    const answers = async () => [
      ...JSON.parse(await ask(tcp.port)),
      ...await (await fetch("http://localhost/", { client })).json(),
    ];
    assertEquals(await answers(), [nobody.uid, worker!.pid, nobody.uid, worker!.pid]);
    Deno.kill(worker!.pid, "SIGKILL");
    const [next] = await server.until("another worker", async () => {
      const workers = (await server.status())?.workers ?? [];
      return workers[0]?.pid !== worker!.pid && workers[0]?.state === "ready" && workers;
    });
    assertEquals(await answers(), [nobody.uid, next!.pid, nobody.uid, next!.pid]);
    server.kill("SIGUSR2");
    await server.upgraded();
    const [last] = await server.ready(1);
    assertEquals(await answers(), [nobody.uid, last!.pid, nobody.uid, last!.pid]);
  },
);
