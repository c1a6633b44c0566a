/** Workers of the class sync: whatever a request comes over, it has the turn alone. */

import { assertEquals, assertMatch } from "../assert.ts";
import { freePort, testOnOneTarget } from "./harness.ts";
import { RawClient } from "./raw_client.ts";
import type { Server } from "./server.ts";
import { TestAuthority } from "./test_authority.ts";
import { ask } from "./socket_visitors.ts";

/** Waits until there is a file "open" in its directory. `/most`: how many requests were in the app at once. */
const gateApp = `
let running = 0, most = 0;
const open = async () => {
  while (!await Deno.stat("open").then(() => true, () => false)) await new Promise((resolve) => setTimeout(resolve, 5));
};
export default async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/most") return new Response(String(most));
  most = Math.max(most, ++running);
  await open();
  running--;
  return new Response(pathname);
};\n`;

async function inFlight(server: Server, count: number): Promise<void> {
  await server.until(
    `${count} requests in flight`,
    async () => (await server.status())?.workers[0]?.inFlight === count,
  );
}

testOnOneTarget("requests over two addresses, TLS and a Unix socket share the one turn", async (host) => {
  const authority = new TestAuthority(host.folder);
  authority.issue("server", "localhost");
  const [secure, plain] = [freePort(), freePort()];
  const server = host.start({
    files: { "main.ts": gateApp },
    args: [
      ...["-k", "sync", "-w", "1", "--certfile", "server.pem", "--keyfile", "server.key", "--http2"],
      ...["-b", `127.0.0.1:${secure}`, "-b", `http://127.0.0.1:${plain}`, "-b", "unix:app.sock"],
    ],
  });
  await server.ready(1);
  using one = Deno.createHttpClient({ caCerts: [authority.certificate], http2: false });
  using two = Deno.createHttpClient({ caCerts: [authority.certificate], http1: false });
  const text = async (url: string, client: Deno.HttpClient) => await (await fetch(url, { client })).text();
  const ways: ((path: string) => Promise<string>)[] = [
    (path) => text(`https://localhost:${secure}${path}`, one),
    (path) => text(`https://localhost:${secure}${path}`, two),
    (path) => text(`http://127.0.0.1:${plain}${path}`, one),
    (path) => ask(`${host.folder}/app.sock`, `GET ${path} HTTP/1.1\r\nHost: a`),
  ];
  const answers: Promise<string>[] = [];
  for (const way of [...ways, ...ways]) {
    answers.push(way(`/${answers.length}`));
    await inFlight(server, answers.length);
  }
  Deno.writeTextFileSync(`${host.folder}/open`, "");
  assertEquals(await Promise.all(answers), answers.map((_, index) => `/${index}`));
  assertEquals(await ways[2]!("/most"), "1");
});

testOnOneTarget("requests behind a PROXY header wait for their turn as others do", async (host) => {
  const server = host.start({
    files: { "main.ts": gateApp },
    args: ["-k", "sync", "-w", "1", "--proxy-protocol"],
  });
  await server.ready(1);
  const send = (path: string, source: number) =>
    RawClient.connect(
      server.port,
      `PROXY TCP4 192.0.2.1 192.0.2.2 ${source} 80\r\nGET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`,
    );
  using one = await send("/one", 1_001);
  await inFlight(server, 1);
  using two = await send("/two", 1_002);
  await inFlight(server, 2);
  Deno.writeTextFileSync(`${host.folder}/open`, "");
  for (const client of [one, two]) await client.closed();
  assertMatch(one.text, /^HTTP\/1\.1 200 OK\r\n[^]*\/one/);
  assertMatch(two.text, /^HTTP\/1\.1 200 OK\r\n[^]*\/two/);
  using last = await send("/most", 1_003);
  await last.received(/\r\n\r\n1/);
});

testOnOneTarget(
  "without a queue what comes beside a request is refused, also while its handler goes on after request-timeout",
  async (host) => {
    const server = host.start({
      files: { "main.ts": gateApp },
      args: ["-k", "sync", "-w", "1", "--queue-size", "0", "--request-timeout", "0.5"],
    });
    await server.ready(1);
    const status = async (path: string) => {
      const answer = await server.fetch(path);
      await answer.body?.cancel();
      return answer.status;
    };
    const late = status("/late");
    await inFlight(server, 1);
    assertEquals(await status("/beside"), 503);
    assertEquals(await late, 504);
    assertEquals(await status("/beside"), 503);
    Deno.writeTextFileSync(`${host.folder}/open`, "");
    await inFlight(server, 0);
    assertEquals([await status("/next"), await server.text("/most")], [200, "1"]);
  },
);
