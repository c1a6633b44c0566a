/** TLS with certificates of an authority made for each test. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { freePort, integrationTest, type TestHost } from "./harness.ts";
import { handshake, TestAuthority } from "./test_authority.ts";

const urlApp = `export default (request: Request) => new Response(request.url);\n`;
const pair = (file: string) => ["--certfile", `${file}.pem`, "--keyfile", `${file}.key`];

function read(host: TestHost, file: string): string {
  return Deno.readTextFileSync(`${host.folder}/${file}`);
}

integrationTest("an address is for TLS, another is not, and a third leads to the first", async (host) => {
  const authority = new TestAuthority(host.folder);
  authority.issue("server", "localhost");
  const [plain, redirects] = [freePort(), freePort()];
  const port = freePort();
  const server = host.start({
    files: { "main.ts": urlApp },
    port,
    args: [
      ...["--bind", `127.0.0.1:${port}`, "--bind", `http://127.0.0.1:${plain}`, ...pair("server"), "-w", "2"],
      ...["--redirect-http", `127.0.0.1:${redirects}`, "--access-logfile", "access.log"],
    ],
  });
  const workers = await server.ready(2);
  await server.logged(new RegExp(`ready on https://127.0.0.1:${port}, http://127.0.0.1:${plain}, http://`));
  using client = Deno.createHttpClient({ caCerts: [authority.certificate], poolMaxIdlePerHost: 0 });
  const text = async (url: string) => await (await fetch(url, { client })).text();
  const secure = `https://localhost:${port}/a?b=1`;
  assertEquals(await text(secure), secure);
  assertEquals(await text(`http://localhost:${plain}/a`), `http://localhost:${plain}/a`);
  const redirect = await fetch(`http://localhost:${redirects}/a?b=1`, {
    client,
    method: "POST",
    redirect: "manual",
  });
  await redirect.body?.cancel();
  assertEquals([redirect.status, redirect.headers.get("location")], [308, secure]);
  assertEquals(await text(`http://localhost:${redirects}/a?b=1`), secure);
  await server.until(
    "the redirect is logged",
    () => /"POST \/a\?b=1[^"]*" 308/.test(read(host, "access.log")),
  );

  const key = read(host, "server.key").split("\n")[1]!;
  const settings = await host.run(["settings", "--format", "json", ...pair("server")]);
  const places = [
    settings.stdout,
    server.stderr,
    ...workers.map(({ pid }) => Deno.readTextFileSync(`/proc/${pid}/environ`)),
    ...workers.map(({ pid }) => Deno.readTextFileSync(`/proc/${pid}/cmdline`)),
  ];
  assertMatch(settings.stdout, /server\.key/);
  assertEquals(places.filter((place) => place.includes(key)), [], "the private key is nowhere to be seen");
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
});

integrationTest("a client gets the certificate for the name that it asks for", async (host) => {
  const authority = new TestAuthority(host.folder);
  authority.issue("one", "one.test");
  authority.issue("two", "two.test");
  const server = host.start({
    files: { "main.ts": urlApp },
    args: [...pair("one"), ...pair("two"), "-w", "2"],
  });
  await server.ready(2);
  for (const [name, file] of [["two.test", "two"], ["one.test", "one"], ["other.test", "one"]] as const) {
    const { certificate } = await handshake(server.port, name, `${host.folder}/ca.pem`);
    assertEquals(certificate, read(host, `${file}.pem`), name);
  }
  // A program on node:http does the same, and sees that its connections are encrypted.
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  const node = host.start({
    files: {
      "main.ts": `import http from "node:http";
        http.createServer((request, response) =>
          response.end(String(Reflect.get(request.socket, "encrypted")) + request.url)).listen(3000);\n`,
    },
    args: [...pair("one"), ...pair("two")],
  });
  await node.ready(1);
  const { certificate, protocol } = await handshake(node.port, "two.test", `${host.folder}/ca.pem`, [
    "h2",
    "http/1.1",
  ]);
  assertEquals([certificate, protocol], [read(host, "two.pem"), "http/1.1"]);
  authority.issue("local", "localhost");
  using client = Deno.createHttpClient({ caCerts: [authority.certificate] });
  const response = await fetch(`https://127.0.0.1:${node.port}/path`, { client });
  assertEquals(await response.text(), "true/path");
});

integrationTest("a reload takes a renewed certificate, and no request fails", async (host) => {
  const authority = new TestAuthority(host.folder);
  authority.issue("server", "localhost");
  const server = host.start({ files: { "main.ts": urlApp }, args: [...pair("server"), "-w", "2"] });
  await server.ready(2);
  const url = `https://localhost:${server.port}/`;
  const failures: unknown[] = [];
  let isOver = false;
  let count = 0;
  const load = Array.from({ length: 6 }, async (_, index) => {
    // Half of them need a handshake for each request.
    using client = Deno.createHttpClient({
      caCerts: [authority.certificate],
      ...(index % 2 === 0 ? { poolMaxIdlePerHost: 0 } : {}),
    });
    while (!isOver) {
      try {
        assertEquals(await (await fetch(url, { client })).text(), url);
        count++;
      } catch (error) {
        failures.push(error);
      }
    }
  });
  for (const generation of [2, 3]) {
    authority.issue("server", "localhost");
    server.kill("SIGHUP");
    await server.ready(2, generation);
    await server.logged(new RegExp(`2 workers of generation ${generation} ready`));
    const { certificate } = await handshake(server.port, "localhost", `${host.folder}/ca.pem`);
    assertEquals(certificate, read(host, "server.pem"));
  }
  isOver = true;
  await Promise.all(load);
  assertEquals(failures, []);
  assert(count > 100, `only ${count} requests`);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
});

integrationTest(
  "a pair that cannot work fails the start, the check and a reload, before any worker",
  async (host) => {
    const authority = new TestAuthority(host.folder);
    authority.issue("server", "localhost");
    authority.issue("other", "localhost");
    authority.issue("expired", "localhost", -1);
    host.write({
      "main.ts": urlApp,
      "empty.pem": "",
      "broken.key": read(host, "server.key").replace(/\n.{9}/, `\n${"0".repeat(9)}`),
    });
    const cases = [
      ["server.pem", "other.key", /keyfile other\.key holds the private key of another certificate/],
      ["expired.pem", "expired.key", /it expired at \d{4}-/],
      ["server.key", "server.key", /server\.key \(it holds no certificate in PEM format\)/],
      ["server.pem", "server.pem", /server\.pem \(it holds no private key in PEM format\)/],
      ["server.pem", "broken.key", /broken\.key \(its private key cannot be parsed\)/],
      ["empty.pem", "server.key", /empty\.pem \(it holds no certificate/],
      ["missing.pem", "server.key", /missing\.pem \(.*such file/i],
    ] as const;
    for (const [certfile, keyfile, reason] of cases) {
      const args = ["--certfile", certfile, "--keyfile", keyfile];
      const checked = await host.run(["check", ...args, "main.ts"]);
      assertEquals(checked.code, 2, checked.stderr);
      assertMatch(checked.stderr, reason);
      assertMatch(checked.stderr, /^denicorn: cannot use [^\n]*: [^\n]*\n$/);
    }
    const [certfile, keyfile, reason] = cases[0];
    const failed = host.start({ files: {}, args: ["--certfile", certfile, "--keyfile", keyfile] });
    assertEquals((await failed.exit()).code, 2);
    assertMatch(failed.stderr, reason);
    assert(!/ready/.test(failed.stderr));

    const server = host.start({ files: {}, args: pair("server") });
    const before = (await server.ready(1)).map(({ pid }) => pid);
    Deno.copyFileSync(`${host.folder}/other.key`, `${host.folder}/server.key`);
    server.kill("SIGHUP");
    await server.logged(/reload failed, generation 1 keeps serving: cannot use certfile: server\.pem/);
    assertEquals((await server.ready(1, 1)).map(({ pid }) => pid), before);
    const { certificate } = await handshake(server.port, "localhost", `${host.folder}/ca.pem`);
    assertEquals(certificate, read(host, "server.pem"));
  },
);
