/** A stop under load: who was let in is served, who comes later is refused, and nobody is reset. */

import { Load } from "../../bench/loss/client/load.ts";
import { assert, assertEquals } from "../assert.ts";
import { integrationTest } from "./harness.ts";

/** Each request takes a millisecond of the event loop, so that others wait to be accepted. */
const busyApp = `
export default () => {
  const end = performance.now() + 1;
  while (performance.now() < end);
  return new Response("Hello, World!");
};
`;

for (const mode of ["new", "keep-alive"] as const) {
  integrationTest(`TERM under load resets no connection: ${mode}`, async (scene) => {
    const server = scene.start({ files: { "main.ts": busyApp }, args: ["-w", "2"] });
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
