/** A stop under load: accepted connections are served, later ones are refused, and none is reset. */

import { Load } from "../../bench/loss/client/load.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";

/** Each request blocks the event loop for a millisecond, so that connections wait in the queue. */
const busyApp = `
export default () => {
  const end = performance.now() + 1;
  while (performance.now() < end);
  return new Response("Hello, World!");
};
`;

for (const mode of ["new", "keep-alive"] as const) {
  testOnOneTarget(`TERM under load resets no connection: ${mode}`, async (host) => {
    const server = host.start({ files: { "main.ts": busyApp }, args: ["-w", "2"] });
    await server.ready(2);
    const load = new Load({ port: server.port, mode, connections: 64 });
    await load.made(1_000);
    server.kill("SIGTERM");
    const { code } = await server.exit();
    const { failures } = await load.stop();
    const { refused = 0, ...others } = failures;
    assertEquals([code, others], [0, {}], server.stderr);
    assert(refused > 0);
  });
}

testOnOneTarget(
  "a worker that was blocked during a stop does not take its closed listener for lost",
  async (host) => {
    const app = `
export default () => {
  const end = performance.now() + 2_500;
  while (performance.now() < end);
  return new Response("done");
};
`;
    const server = host.start({ files: { "main.ts": app }, args: ["--slow-request", "100ms"] });
    await server.ready(1);
    const response = server.text();
    await server.logged(/event loop blocked/);
    server.kill("SIGTERM");
    assertEquals(await response, "done");
    assertEquals((await server.exit()).code, 0);
    assertMatch(server.stderr, /drained/);
    assertEquals(server.stderr.includes("not accepting connections"), false, server.stderr);
  },
);
