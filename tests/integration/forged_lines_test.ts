/** Apps and clients whose texts try to forge lines of the log, or to control the terminal that shows it. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";

const forged = "2026-11-20T23:33:58.000Z error   master pid=1  forged";
const hostile = JSON.stringify(`x\n${forged}\r\x1b[2J\x9b31m\u2028${forged}\u202e`);

/** Each line is a record with a time and an identity, or the indented detail of one; no character controls a terminal. */
function assertGenuine(text: string): void {
  assert(!/(?!\n)[\p{Cc}\p{Zl}\p{Bidi_Control}]/u.test(text), JSON.stringify(text));
  for (const line of text.trimEnd().split("\n")) {
    assertMatch(line, /^(\S+Z (debug|info|warning|error) +(master|worker=\d+ gen=\d+) pid=\d+ {2}\S| {4}|$)/);
    assert(!line.startsWith(forged), text);
  }
}

async function stopped(server: Server): Promise<string> {
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  return server.stderr;
}

testOnOneTarget("an app that throws hostile texts forges no line of the log", async (host) => {
  const app = `
const hostile = ${hostile};
class Hostile extends Error { name = hostile; }
export default async (request: Request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/answer") return { [Symbol.toStringTag]: hostile };
  if (pathname === "/text") throw hostile;
  if (pathname === "/later") setTimeout(() => { throw new Hostile(hostile); }, 0);
  else throw Object.assign(new Hostile(hostile), { stack: hostile + "\\n    at " + hostile });
  return new Response("later");
};\n`;
  const server = host.start({ files: { "main.ts": app } });
  await server.ready(1);
  for (const path of ["/answer", "/text", "/stack"]) {
    assertEquals(await (await server.fetch(path)).text(), "Internal Server Error");
  }
  assertEquals(await server.text("/later"), "later");
  await server.logged(/uncaught error in the app/);
  await server.ready(1);
  const events = await host.run(["ctl", "--socket", host.controlSocket, "status"]);
  assertGenuine(await stopped(server));
  assertEquals(server.stderr.match(/the app threw/g)?.length, 2);
  assert(!/(?!\n)\p{Cc}/u.test(events.stdout), events.stdout);
});

testOnOneTarget("an app that cannot be loaded forges no line of the log", async (host) => {
  const app = `throw Object.assign(new Error(${hostile}), { name: ${hostile} });\n`;
  const server = host.start({ files: { "main.ts": app }, args: ["--error-logfile", "error.log"] });
  assertEquals((await server.exit()).code, 4);
  assert(!/(?!\n)[\p{Cc}\p{Zl}\p{Bidi_Control}]/u.test(server.stderr), JSON.stringify(server.stderr));
  assertGenuine(Deno.readTextFileSync(`${host.folder}/error.log`));
});

testOnOneTarget("a client forges no line of the access log", async (host) => {
  const server = host.start({
    files: { "main.ts": `export default () => new Response("hello");\n` },
    args: ["--access-logfile", "-"],
  });
  await server.ready(1);
  using client = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  // Bytes above 0x7f arrive as the characters of the same numbers: 0x9b begins an escape sequence.
  const head = 'GET /a%0a%1b HTTP/1.1\r\nHost: a\r\nConnection: close\r\nUser-Agent: \x9b2J\x85"\r\n\r\n';
  await client.write(Uint8Array.from(head, (character) => character.charCodeAt(0)));
  assertMatch(await new Response(client.readable).text(), /hello$/);
  await stopped(server);
  assertMatch(server.stdout, /"GET \/a%0a%1b HTTP\/1\.1" 200 \d+ "-" "\\x9b2J\\x85\\x22"\n$/);
});

testOnOneTarget(
  "a client hides no part of its path from the access log behind an empty host",
  async (host) => {
    const server = host.start({
      files: { "main.ts": `export default () => new Response("hello");\n` },
      args: ["--access-logfile", "-"],
    });
    await server.ready(1);
    for (const target of ["GET /admin/x", "GET /admin", "CONNECT other:443"]) {
      using client = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      const head = `${target} HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n`;
      await client.write(new TextEncoder().encode(head));
      await new Response(client.readable).text();
    }
    await stopped(server);
    assertEquals(server.stdout.match(/"[A-Z]+ \S+ HTTP/g), [
      '"GET /admin/x HTTP',
      '"GET /admin HTTP',
      '"CONNECT other:443 HTTP',
    ]);
  },
);
