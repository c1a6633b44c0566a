/** nginx and HAProxy in front: no operation on the server behind them fails a request of their clients. */

import https from "node:https";
import { assert, assertEquals } from "../assert.ts";
import { sendWhile } from "./acknowledged.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";
import { type Edit, freePorts, lackingProxy, Proxy, type ProxyKind, retriesOff } from "./proxies.ts";
import { answeringApp, ProxyLoad, readers } from "./proxy_clients.ts";
import type { Server } from "./server.ts";

const kinds: readonly ProxyKind[] = ["nginx", "haproxy"];

interface Started {
  readonly server: Server;
  readonly second: number;
  readonly admin: number;
}

/** Two workers at two addresses, as the files in deploy/ want them. */
async function startServer(host: TestHost, args: readonly string[] = []): Promise<Started> {
  const [port, second, admin] = freePorts(3) as [number, number, number];
  const binds = [port, second].flatMap((port) => ["--bind", `127.0.0.1:${port}`]);
  const server = host.start({
    files: { "main.ts": answeringApp },
    port,
    args: [...binds, "-w", "2", "--admin-bind", `127.0.0.1:${admin}`, ...args],
  });
  await server.logged(/2 workers of generation 1 ready/);
  return { server, second, admin };
}

/** Runs `body` with a server behind the proxy, and stops the proxy at the end. */
async function behind(
  kind: ProxyKind,
  host: TestHost,
  edits: readonly Edit[],
  body: (server: Server, proxy: Proxy) => Promise<void>,
  args: readonly string[] = [],
): Promise<void> {
  const { server, second, admin } = await startServer(host, args);
  const proxy = await Proxy.start(kind, host, { server: server.port, second, admin, edits });
  try {
    await body(server, proxy);
  } finally {
    await proxy.stop();
  }
}

/** Of deploy/: workers are reached through their own sockets. */
const workerSockets: Readonly<Record<ProxyKind, readonly Edit[]>> = {
  nginx: [
    ["server 127.0.0.1:8000", "# server 127.0.0.1:8000"],
    ["# least_conn;", "least_conn;"],
    ["# server unix:", "server unix:"],
  ],
  haproxy: [
    ["server one 127.0.0.1:8000", "# server one 127.0.0.1:8000"],
    ["# server worker", "server worker"],
  ],
};

/** A reload, one more worker, one less, and an upgrade, with requests in between. */
async function operate(server: Server, more: () => Promise<unknown>): Promise<void> {
  await more();
  server.kill("SIGHUP");
  await server.ready(2, 2);
  await more();
  server.kill("SIGTTIN");
  await server.ready(3);
  await more();
  server.kill("SIGTTOU");
  await server.ready(2);
  await more();
  server.kill("SIGUSR2");
  await server.upgraded();
  await server.ready(2);
  await more();
}

/** Kills a worker and waits for its replacement. Returns when the master noticed, in milliseconds since 1970. */
async function killWorker(server: Server, index: number): Promise<number> {
  const from = server.stderr.length;
  Deno.kill((await server.ready(2))[index]!.pid, "SIGKILL");
  const [, time] = await server.logged(/^(\S+) error .* died \(SIGKILL\)/m, from);
  await server.ready(2);
  return Date.parse(time!);
}

for (const kind of kinds) {
  const lacking = lackingProxy(kind);

  testOnOneTarget(
    `${kind}, retries off: reloads, scaling and upgrades fail no request`,
    (host) =>
      behind(kind, host, retriesOff[kind], async (server, proxy) => {
        const load = new ProxyLoad(proxy);
        await operate(server, () => load.more(200));
        const { asked, failures } = await load.end();
        assertEquals(failures, [], proxy.log.slice(-5_000));
        assert(Object.values(asked).every((count) => count > 4), JSON.stringify(asked));
      }),
    lacking,
  );

  const bySockets = (
    name: string,
    edits: readonly Edit[],
    body: (server: Server, proxy: Proxy) => Promise<void>,
  ) =>
    testOnOneTarget(`${kind}, a Unix socket for each worker${name}`, (host) => {
      const all = [...workerSockets[kind], ["/run/app/", `${host.folder}/`] as const, ...edits];
      return behind(kind, host, all, body, ["--bind", `unix:${host.folder}/app-{slot}.sock`]);
    }, lacking);

  bySockets(
    ", retries off: reloads, scaling and upgrades fail no request",
    retriesOff[kind],
    async (server, proxy) => {
      const load = new ProxyLoad(proxy);
      await operate(server, () => load.more(200));
      assertEquals((await load.end()).failures, [], proxy.log.slice(-5_000));
    },
  );

  bySockets(": killed workers fail no request that may be repeated", [], async (server, proxy) => {
    const load = new ProxyLoad(proxy, readers);
    for (let kill = 0; kill < 4; kill++) {
      await load.rest();
      await killWorker(server, kill % 2);
    }
    await load.rest();
    assertEquals((await load.end()).failures, [], proxy.log.slice(-5_000));
  });

  testOnOneTarget(
    `${kind}, retries off: a killed worker fails only what comes before the master has noticed`,
    (host) =>
      behind(kind, host, retriesOff[kind], async (server, proxy) => {
        const load = new ProxyLoad(proxy);
        await load.more(200);
        const killed = Date.now();
        const noticed = await killWorker(server, 0);
        await load.rest();
        const { failuresOutside } = await load.end();
        assertEquals(failuresOutside(killed, noticed), [], proxy.log.slice(-5_000));
      }),
    lacking,
  );

  testOnOneTarget(
    `${kind}: killed workers fail no request that may be repeated`,
    (host) =>
      behind(kind, host, [], async (server, proxy) => {
        const load = new ProxyLoad(proxy, readers);
        for (let kill = 0; kill < 4; kill++) {
          await load.rest();
          await killWorker(server, kill % 2);
        }
        await load.rest();
        assertEquals((await load.end()).failures, [], proxy.log.slice(-5_000));
      }),
    lacking,
  );

  testOnOneTarget(
    `${kind}: after a 502, 503 or 504 a request is sent again, unless it may change something`,
    (host) =>
      behind(kind, host, [], async (_server, proxy) => {
        using client = Deno.createHttpClient({ caCerts: [proxy.authority] });
        const ask = async (method: string, status: number) => {
          const response = await fetch(`${proxy.url}/once?status=${status}`, { method, client });
          await response.body?.cancel();
          return response.status;
        };
        for (const status of [502, 503, 504]) {
          assertEquals([await ask("GET", status), await ask("POST", status)], [200, status]);
        }
      }),
    lacking,
  );

  testOnOneTarget(
    `${kind}: a WebSocket goes on after a reload and an upgrade`,
    (host) =>
      behind(kind, host, retriesOff[kind], async (server, proxy) => {
        using client = Deno.createHttpClient({ caCerts: [proxy.authority], http2: false });
        const url = `wss://localhost:${proxy.port}/echo`;
        const open = () =>
          server.until("the WebSocket", async () => (await server.status())?.totals.webSockets === 1);
        const { closes, errors, acknowledged } = await sendWhile(url, () => operate(server, open), client);
        assertEquals(errors, []);
        assert(closes.length >= 2 && closes.every((close) => /^100[01]$|^1012$/.test(close)), closes.join());
        assertEquals(acknowledged.toSorted((a, b) => a - b), acknowledged.map((_, number) => number));
      }),
    lacking,
  );

  testOnOneTarget(
    `${kind} says who the client is, and what it asked for`,
    (host) =>
      behind(kind, host, [], async (_server, proxy) => {
        const lies = { "x-forwarded-for": "6.6.6.6", "x-forwarded-proto": "http", forwarded: "for=6.6.6.6" };
        const headers = { ...lies, "x-forwarded-host": "other.example", host: "shop.example:8443" };
        const seen = JSON.parse(await askFrom("127.0.0.2", proxy, "/who?x=1", headers));
        assertEquals([seen.remote, seen.url, seen.forwarded], [
          "127.0.0.2",
          "https://shop.example:8443/who?x=1",
          null,
        ]);
        const response = await fetch(`http://localhost:${proxy.plainPort}/a?b`, { redirect: "manual" });
        await response.body?.cancel();
        assertEquals(response.status, 308);
        assert(/^https:\/\/localhost.*\/a\?b$/.test(response.headers.get("location")!));
      }),
    lacking,
  );
}

/** By HTTPS from another address of the loopback device, which no proxy of its own is trusted at. */
function askFrom(
  localAddress: string,
  { port, authority }: Proxy,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const address = { hostname: "localhost", servername: "localhost", port, localAddress };
    https.get({ ...address, path, headers, ca: authority, agent: false }, async (response) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve(new TextDecoder().decode(await new Blob(chunks as BlobPart[]).arrayBuffer()));
    }).on("error", reject);
  });
}

testOnOneTarget(
  "haproxy, retries off: with HTTP/2 to the server, too, operations fail no request",
  async (host) => {
    const page = Deno.readTextFileSync(new URL("../../docs/deployment.md", import.meta.url));
    const line = /```haproxy\n(.*)\n```/.exec(page)![1]!;
    const edits: Edit[] = [...retriesOff.haproxy, [line.replace(/ proto h2$/, ""), line]];
    await behind("haproxy", host, edits, async (server, proxy) => {
      const load = new ProxyLoad(proxy);
      await operate(server, () => load.more(200));
      assertEquals((await load.end()).failures, [], proxy.log.slice(-5_000));
    });
  },
  lackingProxy("haproxy"),
);

testOnOneTarget("nginx: while one of two servers stops, no request fails", async (host) => {
  const { server: other } = await startServer(host);
  const line = "server 192.0.2.2:8000 max_fails=3 fail_timeout=10s;";
  const edits: Edit[] = [[`# ${line}`, line.replace("192.0.2.2:8000", `127.0.0.1:${other.port}`)]];
  await behind("nginx", host, edits, (server, proxy) => stopOne(server, proxy));
}, lackingProxy("nginx"));

testOnOneTarget("haproxy, retries off: while one of two servers stops, no request fails", async (host) => {
  const { server: other, admin } = await startServer(host);
  const edits: Edit[] = [
    ...retriesOff.haproxy,
    ["# server two 192.0.2.2:8000", `server two 127.0.0.1:${other.port} check port ${admin}`],
  ];
  await behind("haproxy", host, edits, (server, proxy) => stopOne(server, proxy), ["--shutdown-delay", "5s"]);
}, lackingProxy("haproxy"));

/** Clients of all kinds, while `server` gets a TERM until it has ended. */
async function stopOne(server: Server, proxy: Proxy): Promise<void> {
  const load = new ProxyLoad(proxy);
  await load.more(300);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  await load.more(300);
  assertEquals((await load.end()).failures, [], proxy.log.slice(-5_000));
}
