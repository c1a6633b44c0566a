/** An app that writes nonsense into the memory that all workers share with their master. */

import { assert, assertMatch } from "../assert.ts";
import { freePort, testOnOneTarget } from "./harness.ts";

const app = `import { closeSync, openSync, writeSync } from "node:fs";
const numbers = [NaN, Infinity, -Infinity, -1, 1e308, 5e-324, 2 ** 53, 0.5, NaN];
const [, from, to] = /^(\\w+)-(\\w+) rw-s .*denicorn/m.exec(Deno.readTextFileSync("/proc/self/maps"));
const [start, end] = [from, to].map((text) => parseInt(text, 16));
// The first 64 bytes describe the layout.
const slots = (end - start) / 8 - 8;
function spoil(number) {
  const garbage = Float64Array.from({ length: slots }, (_, index) => number(index));
  const memory = openSync("/proc/self/mem", "r+");
  writeSync(memory, new Uint8Array(garbage.buffer), 0, garbage.byteLength, start + 64);
  closeSync(memory);
}
let turn = 0;
export default (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/spoil") spoil((index) => numbers[(index + turn++) % numbers.length]);
  if (pathname === "/die") Deno.kill(Deno.pid, "SIGKILL");
  if (pathname === "/hide") {
    spoil(() => NaN);
    while (true);
  }
  return new Response("ok");
};
`;

testOnOneTarget(
  "nonsense in the shared memory stays out of metrics and decisions, also when its worker has died",
  async (host) => {
    const admin = freePort();
    const server = host.start({
      files: { "main.ts": app },
      args: ["-w", "2", "--admin-bind", `127.0.0.1:${admin}`, "--max-requests", "1000", "--timeout", "2"],
    });
    await server.ready(2);
    const isFinite = async () => {
      for (const path of ["metrics", "status"]) {
        const text = await (await fetch(`http://127.0.0.1:${admin}/${path}`)).text();
        assertMatch(text, /requests/);
        const odd = text.split("\n").find((line) => /\bnan\b|[+-]?inf\b(?!")/i.test(line));
        assert(odd === undefined, odd);
      }
    };
    for (let count = 0; count < 10; count++) {
      await server.text("/spoil");
      await isFinite();
    }
    const from = server.stderr.length;
    await server.fetch("/spoil").then((response) => response.text());
    await server.fetch("/die", { method: "POST" }).catch(() => {});
    await server.logged(/died|killed/, from);
    await server.ready(2);
    await isFinite();
    assert(!server.stderr.includes("due for recycling"), server.stderr);

    // A heartbeat counter that is NaN never stays the same.
    const hidden = server.stderr.length;
    // Not by fetch(), which sends the request again to the replacement when the connection is reset.
    using client = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await client.write(new TextEncoder().encode("GET /hide HTTP/1.1\r\nHost: a\r\n\r\n"));
    await server.logged(/killed: unresponsive/, hidden);
    await server.ready(2);
    await isFinite();
  },
);
