/** nginx and HAProxy in front: no operation on the server behind them fails a request of their clients. */

import { assert, assertEquals } from "../assert.ts";
import { freePort, integrationTest, type TestHost } from "./harness.ts";
import { type Edit, lackingProxy, Proxy, type ProxyKind, retriesOff } from "./proxies.ts";
import { proxiedApp, ProxyLoad, readers } from "./proxy_clients.ts";
import type { Server } from "./server.ts";

const kinds: readonly ProxyKind[] = ["nginx", "haproxy"];

interface Stage {
  readonly server: Server;
  readonly proxy: Proxy;
}

/** Runs `body` with two workers behind the proxy, and stops the proxy at the end. */
async function behind(
  kind: ProxyKind,
  host: TestHost,
  edits: readonly Edit[],
  body: (stage: Stage) => Promise<void>,
): Promise<void> {
  const [port, second, admin] = [freePort(), freePort(), freePort()];
  const binds = [port, second].flatMap((port) => ["--bind", `127.0.0.1:${port}`]);
  const server = host.start({
    files: { "main.ts": proxiedApp },
    port,
    args: [...binds, "-w", "2", "--admin-bind", `127.0.0.1:${admin}`],
  });
  await server.ready(2);
  const proxy = await Proxy.start(kind, host, { server: port, second, admin, edits });
  try {
    await body({ server, proxy });
  } finally {
    await proxy.stop();
  }
}

/** Waits until the clients have made `count` more requests. */
function more(load: ProxyLoad, count: number, server: Server): Promise<unknown> {
  const from = load.total;
  return server.until(`${count} more requests`, () => load.total >= from + count);
}

for (const kind of kinds) {
  integrationTest(
    `${kind}, retries off: reloads, scaling and upgrades fail no request`,
    (host) =>
      behind(kind, host, retriesOff[kind], async ({ server, proxy }) => {
        const load = new ProxyLoad(proxy);
        await more(load, 200, server);
        for (const generation of [2, 3]) {
          server.kill("SIGHUP");
          await server.ready(2, generation);
          await more(load, 200, server);
        }
        server.kill("SIGTTIN");
        await server.ready(3);
        await more(load, 200, server);
        server.kill("SIGTTOU");
        await server.ready(2);
        server.kill("SIGUSR2");
        await server.upgraded();
        await server.ready(2);
        await more(load, 200, server);
        const { asked, failures } = await load.end();
        assertEquals(failures, [], proxy.log.slice(-5_000));
        assert(Object.values(asked).every((count) => count > 10), JSON.stringify(asked));
      }),
    lackingProxy(kind),
  );

  integrationTest(
    `${kind}, retries off: a killed worker fails at most what it had in flight`,
    (host) =>
      behind(kind, host, retriesOff[kind], async ({ server, proxy }) => {
        const load = new ProxyLoad(proxy);
        await more(load, 200, server);
        const [victim] = await server.ready(2);
        Deno.kill(victim!.pid, "SIGKILL");
        await server.logged(/died \(SIGKILL\)/);
        await server.ready(2);
        await more(load, 500, server);
        const { failures, unlucky } = await load.end();
        assertEquals(unlucky, [], failures.join("\n") + proxy.log.slice(-5_000));
        console.log(failures);
      }),
    lackingProxy(kind),
  );

  integrationTest(
    `${kind} as it is: killed workers fail no request that may be repeated`,
    (host) =>
      behind(kind, host, [], async ({ server, proxy }) => {
        const load = new ProxyLoad(proxy, readers);
        for (let kill = 0; kill < 3; kill++) {
          await more(load, 200, server);
          const from = server.stderr.length;
          const [victim] = await server.ready(2);
          Deno.kill(victim!.pid, "SIGKILL");
          await server.logged(/died \(SIGKILL\)/, from);
          await server.ready(2);
        }
        await more(load, 200, server);
        assertEquals((await load.end()).failures, [], proxy.log.slice(-5_000));
      }),
    lackingProxy(kind),
  );
}
