/** What proxies say of their clients: believed if they are trusted, dropped if not. */

import { assertEquals, assertMatch } from "../assert.ts";
import { integrationTest } from "./harness.ts";

const app = `
export default (request: Request, info: { remoteAddr: { hostname: string } }) => {
  const names = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "x-other"];
  const seen = (headers: Headers) => names.filter((name) => headers.has(name)).join();
  const copies = [request.clone(), new Request(request)];
  return Response.json({
    remote: info.remoteAddr.hostname,
    url: request.url,
    headers: seen(request.headers),
    copies: copies.map(({ url, headers }) => url + " " + seen(headers)),
  });
};\n`;

const headers = {
  "x-forwarded-for": "6.6.6.6, 192.0.2.7",
  "x-forwarded-proto": "https",
  "x-forwarded-host": "shop.example:8443",
  "x-other": "1",
};

integrationTest("a trusted proxy names the client, the scheme and the host", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: ["--access-logfile", "access.log"] });
  await server.ready(1);
  const ask = async (headers: HeadersInit, path = "/a?b") =>
    await (await server.fetch(path, { headers })).json();
  const plain = await ask({});
  assertEquals([plain.remote, plain.url, plain.headers], ["127.0.0.1", `${server.url}/a?b`, ""]);
  const seen = "x-forwarded-for,x-forwarded-proto,x-forwarded-host,x-other";
  const url = "https://shop.example:8443/a?b";
  assertEquals(await ask(headers), {
    remote: "192.0.2.7",
    url,
    headers: seen,
    copies: [`${url} ${seen}`, `${url} ${seen}`],
  });
  const standard = await ask({ forwarded: 'for="[2001:db8::1]:80";proto=https;host=shop.example' });
  assertEquals([standard.remote, standard.url], ["2001:db8::1", "https://shop.example/a?b"]);
  const garbage = await ask({
    "x-forwarded-for": "nobody",
    "x-forwarded-host": "a/b",
    "x-forwarded-proto": "gopher",
  });
  assertEquals([garbage.remote, garbage.url], ["127.0.0.1", `${server.url}/a?b`]);
  const line = await server.until(
    "the line",
    () =>
      Deno.readTextFileSync(`${host.folder}/access.log`).split("\n").find((line) =>
        line.startsWith("192.0.2.7")
      ),
  );
  assertMatch(line, /^192\.0\.2\.7 - - .*"GET \/a\?b HTTP\/1\.1" 200 /);
});

integrationTest(
  "what others than trusted proxies say is dropped, in copies of the request too",
  async (host) => {
    const args = ["--forwarded-allow-ips", "192.0.2.0/24,2001:db8::/32", "--access-logfile", "access.log"];
    const server = host.start({ files: { "main.ts": app }, args });
    await server.ready(1);
    const url = `${server.url}/`;
    const found = await (await server.fetch("/", { headers: { ...headers, forwarded: "for=6.6.6.6" } }))
      .json();
    assertEquals(found, {
      remote: "127.0.0.1",
      url,
      headers: "x-other",
      copies: [`${url} x-other`, `${url} x-other`],
    });
    const line = await server.until(
      "the line",
      () => Deno.readTextFileSync(`${host.folder}/access.log`) || false,
    );
    assertMatch(line, /^127\.0\.0\.1 - - /);
  },
);
