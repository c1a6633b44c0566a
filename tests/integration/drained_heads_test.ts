import { assert, assertEquals, assertMatch } from "../assert.ts";
import { integrationTest } from "./harness.ts";
import { RawClient } from "./raw_client.ts";

const app = `export default () => new Response("hello");`;

for (const steering of ["auto", "off"]) {
  integrationTest(
    `a drain waits for heads that have begun, but not longer than for others, steering ${steering}`,
    async (test) => {
      const server = test.start({
        files: { "main.ts": app },
        args: ["--header-timeout", "2s", "--steering", steering],
      });
      await server.ready(1);
      using finished = await RawClient.connect(server.port, "GET / HTTP/1.1\r\nHost: local");
      using half = await RawClient.connect(server.port, "GET / HTTP/1.1\r\nHos");
      using trickling = await RawClient.connect(server.port, "GET / HTTP/1.1\r\nX-Long: ");
      using kept = await RawClient.connect(server.port, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await kept.received(/hello$/);
      server.kill("SIGTERM");
      const exit = server.exit();
      for (let count = 0; count < 8; count++) {
        await trickling.send("x");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await finished.send("host\r\n\r\n");
      await finished.closed();
      assertMatch(finished.text, /^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n[^]*hello$/i);
      while (trickling.closedAfter === null && await trickling.send("x")) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      for (const client of [half, trickling]) {
        assert(await client.closed() < 5_000);
        assertMatch(client.text, /^HTTP\/1\.1 408 Request Timeout\r\n/);
      }
      assertEquals((await exit).code, 0);
      assertMatch(server.stderr, /waited \d\.\d s for the rest of the head of 2 requests: answered 408/);
    },
  );
}
