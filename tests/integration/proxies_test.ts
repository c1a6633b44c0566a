/** nginx and HAProxy in front: no operation on the server behind them fails a request of their clients. */

import { assert, assertEquals } from "../assert.ts";
import { freePort, integrationTest } from "./harness.ts";
import { lackingProxy, Proxy, type ProxyKind, retriesOff } from "./proxies.ts";
import { proxiedApp, ProxyLoad } from "./proxy_clients.ts";

const kinds: readonly ProxyKind[] = ["nginx", "haproxy"];

for (const kind of kinds) {
  integrationTest(`${kind}, retries off: reloads, scaling and upgrades fail no request`, async (host) => {
    const admin = freePort();
    const server = host.start({
      files: { "main.ts": proxiedApp },
      args: ["-w", "2", "--admin-bind", `127.0.0.1:${admin}`],
    });
    await server.ready(2);
    const proxy = await Proxy.start(kind, host, { server: server.port, admin, edits: retriesOff[kind] });
    try {
      const load = new ProxyLoad(proxy);
      const next = (count: number) => {
        const from = load.total;
        return server.until(`${count} more requests`, () => load.total >= from + count);
      };
      await next(200);
      for (const generation of [2, 3]) {
        server.kill("SIGHUP");
        await server.ready(2, generation);
        await next(200);
      }
      server.kill("SIGTTIN");
      await server.ready(3);
      await next(200);
      server.kill("SIGTTOU");
      await server.ready(2);
      server.kill("SIGUSR2");
      await server.upgraded();
      await server.ready(2);
      await next(200);
      const { asked, failures } = await load.end();
      assertEquals(failures, [], proxy.log.slice(-5_000));
      assert(Object.values(asked).every((count) => count > 10), JSON.stringify(asked));
    } finally {
      await proxy.stop();
    }
  }, lackingProxy(kind));
}
