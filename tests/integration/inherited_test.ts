/** `--bind fd://NUMBER`: a listening socket from the process that starts the server. */

import { assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { integrationTest } from "./harness.ts";
import { InheritedListener } from "./inherited_listener.ts";

const echoApp = `
export default (request: Request, info: { remoteAddr: object }) =>
  Response.json([request.url, info.remoteAddr]);\n`;

integrationTest("a worker serves an inherited TCP socket, and knows its clients", async (host) => {
  using listener = InheritedListener.tcp();
  const { port } = listener;
  // Before anything of the server runs.
  const early = await Deno.connect({ port });
  await early.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: early\r\nConnection: close\r\n\r\n"));
  const server = listener.pass(() =>
    host.start({ files: { "main.ts": echoApp }, args: ["--bind", listener.bind], port })
  );
  const answer = await new Response(early.readable).text();
  const { hostname, port: own } = early.localAddr as Deno.NetAddr;
  assertEquals(JSON.parse(answer.split("\r\n\r\n")[1]!), ["http://early/", {
    transport: "tcp",
    hostname,
    port: own,
  }]);
  await server.ready(1);
  await server.logged(new RegExp(`http://127\\.0\\.0\\.1:${port} \\(inherited\\)`));
  assertEquals((await server.status())?.addresses, [`127.0.0.1:${port} (inherited)`]);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
});

integrationTest("what is no listening socket is refused, with what it is instead", async (host) => {
  host.write({ "main.ts": pidApp });
  for (
    const [number, what] of [["0", /fd:\/\/0 is no socket, but \/dev\/null: let/], [
      "900",
      /is not open/,
    ]] as const
  ) {
    const { code, stderr } = await host.run(["--bind", `fd://${number}`, "main.ts"]);
    assertEquals(code, 3);
    assertMatch(stderr, what);
  }
});
