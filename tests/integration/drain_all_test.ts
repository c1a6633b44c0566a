/** WINCH drains all workers: clients are refused, and none that was accepted is cut off. */

import { assert, assertEquals } from "../assert.ts";
import { askAgainAndAgain, type Asked } from "./again_and_again.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";

/** Each request takes 3 ms of the event loop, so that connections wait in the accept queues. */
const busyApp = `
export default () => {
  for (const end = performance.now() + 3; performance.now() < end;);
  return new Response(String(Deno.pid));
};
`;

/** Drains and brings back all workers under load, `rounds` times. */
async function drainUnderLoad(host: TestHost, args: readonly string[], rounds: number): Promise<{
  readonly server: Server;
  readonly results: readonly Asked[];
}> {
  const server = host.start({ files: { "main.ts": busyApp }, args: ["-w", "2", ...args] });
  await server.ready(2);
  const results: Asked[] = [];
  for (let round = 1; round <= rounds; round++) {
    const from = server.stderr.length;
    const served = new Set<string>();
    const loads = Array.from({ length: 16 }, () =>
      askAgainAndAgain(async () => {
        const response = await server.fetch("/", { signal: AbortSignal.timeout(15_000) });
        served.add(await response.text());
        return null;
      }));
    await server.until("load on both workers", () => served.size === 2);
    server.kill("SIGWINCH");
    await server.until("no workers", async () => (await server.status())?.workers.length === 0);
    results.push(...await Promise.all(loads.map((load) => load.end())));
    assert(!/killed|cut off/.test(server.stderr.slice(from)), server.stderr);
    server.kill("SIGHUP");
    await server.ready(2);
  }
  return { server, results };
}

function otherThanRefused(results: readonly Asked[]): string[] {
  return results.flatMap(({ failures }) => failures).filter((text) => !/Connection refused/.test(text));
}

testOnOneTarget("WINCH under load resets no connection, and the next workers serve", async (host) => {
  const { server, results } = await drainUnderLoad(host, [], 5);
  assertEquals(otherThanRefused(results), [], server.stderr);
  assert(!/steering is off/.test(server.stderr), server.stderr);
  await server.answeredBy((await server.ready(2)).map(({ pid }) => pid), 20);
});

testOnOneTarget("without steering WINCH under load resets no connection either", async (host) => {
  const { results } = await drainUnderLoad(host, ["--steering", "off"], 5);
  assertEquals(otherThanRefused(results), []);
});

for (const args of [[], ["--steering", "off"]]) {
  testOnOneTarget(`TERM under load resets no connection ${args.join(" ")}`.trim(), async (host) => {
    for (let round = 1; round <= 3; round++) {
      const server = host.start({ files: { "main.ts": busyApp }, args: ["-w", "2", ...args] });
      await server.ready(2);
      const loads = Array.from({ length: 16 }, () =>
        askAgainAndAgain(async () => {
          await (await server.fetch("/", { signal: AbortSignal.timeout(15_000) })).text();
          return null;
        }));
      await server.until("load", async () => (await server.status())!.totals.requests > 500);
      server.kill("SIGTERM");
      assertEquals(await server.exit(), { code: 0, signal: null });
      const results = await Promise.all(loads.map((load) => load.end()));
      assertEquals(otherThanRefused(results), [], server.stderr);
    }
  });
}

testOnOneTarget("TERM under load during an upgrade resets no connection either", async (host) => {
  const server = host.start({ files: { "main.ts": busyApp }, args: ["-w", "2"] });
  await server.ready(2);
  host.write({ "main.ts": "await new Promise(() => setInterval(() => {}, 1000));\n" + busyApp });
  const loads = Array.from({ length: 16 }, () =>
    askAgainAndAgain(async () => {
      await (await server.fetch("/", { signal: AbortSignal.timeout(15_000) })).text();
      return null;
    }));
  server.kill("SIGUSR2");
  await server.until("the phase", async () => (await server.status())?.phase === "upgrading");
  await server.until("load", async () => (await server.status())!.totals.requests > 500);
  server.kill("SIGTERM");
  await server.exit();
  const results = await Promise.all(loads.map((load) => load.end()));
  assertEquals(otherThanRefused(results), [], server.stderr);
  await server.until("nothing left", () => server.leftovers().length === 0);
});
