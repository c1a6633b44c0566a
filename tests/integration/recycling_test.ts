import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";

/**
 * Sends requests in parallel until `isEnough`. Every response must have status 200. Returns the process ids of the
 * workers that responded.
 */
async function sendRequests(
  server: Server,
  isEnough: (pids: ReadonlySet<string>) => boolean,
): Promise<Set<string>> {
  const pids = new Set<string>();
  const deadline = performance.now() + 20_000;
  const client = async () => {
    while (!isEnough(pids)) {
      assert(performance.now() < deadline, `only ${pids.size} workers responded:\n${server.stderr}`);
      const response = await server.fetch();
      assertEquals(response.status, 200);
      pids.add(await response.text());
    }
  };
  await Promise.all(Array.from({ length: 4 }, client));
  return pids;
}

const countRecycled = (server: Server) => server.stderr.match(/ due for recycling: /g)?.length ?? 0;

testOnOneTarget("max-requests replaces workers one by one, and no request fails", async (host) => {
  const server = host.start({
    files: { "main.ts": pidApp },
    args: ["-w", "2", "--max-requests", "200", "--max-requests-jitter", "50"],
  });
  await server.ready(2);
  const pids = await sendRequests(server, (pids) => pids.size >= 6);
  const after = await server.ready(2);
  assert(countRecycled(server) >= 4, server.stderr);
  assertMatch(
    server.stderr,
    /worker=\d gen=1 pid=\d+  due for recycling: \d{3,} requests \(max-requests 2\d\d( with its jitter)?\): replacing it/,
  );
  // The replacement is ready before the old worker drains.
  const line = (pattern: RegExp) => server.stderr.search(pattern);
  assert(line(/worker=2 gen=1 pid=\d+  ready/) < line(/pid=\d+  drained/), server.stderr);
  assert(!/warning|error/.test(server.stderr), server.stderr);
  assertEquals(after.map(({ generation }) => generation), [1, 1]);
  assert(pids.size >= 6);
});

testOnOneTarget("max-lifetime replaces an idle worker", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["--max-lifetime", "2s"] });
  const [first] = await server.ready(1);
  await server.logged(
    new RegExp(
      `pid=${first!.pid}  due for recycling: ready for 2\\.\\d s \\(max-lifetime 2s\\): replacing it`,
    ),
  );
  await server.logged(new RegExp(`pid=${first!.pid}  drained`));
  const [second] = await server.ready(1);
  assert(second!.pid !== first!.pid);
});

testOnOneTarget("max-memory replaces a worker that leaks, and no request fails", async (host) => {
  const leakingApp = `
const kept: Uint8Array[] = [];
export default () => {
  if (kept.length < 8) kept.push(new Uint8Array(40 * 1024 ** 2).fill(1));
  return new Response(String(Deno.pid));
};\n`;
  const server = host.start({
    files: { "main.ts": leakingApp },
    args: ["-w", "2", "--max-memory", "150M", "--max-memory-jitter", "10M"],
  });
  await server.ready(2);
  await sendRequests(server, (pids) => pids.size >= 4);
  const [, memory] = await server.logged(
    /pid=\d+  due for recycling: ([\d.]+)M of memory \(max-memory 15\d(\.\d)?M with its jitter\): replacing it/,
  );
  assert(Number(memory) >= 150);
  assert(!/warning|error/.test(server.stderr), server.stderr);
});

testOnOneTarget("a reload turns recycling on and off", async (host) => {
  const config = (text: object) => ({ "denicorn.config.json": JSON.stringify(text) });
  const server = host.start({ files: { "main.ts": pidApp, ...config({}) } });
  await server.ready(1);
  host.write(config({ maxRequests: 20 }));
  server.kill("SIGHUP");
  await server.ready(1, 2);
  await sendRequests(server, (pids) => pids.size >= 2);
  host.write(config({ maxRequests: 0 }));
  server.kill("SIGHUP");
  const [last] = await server.ready(1, 3);
  const before = countRecycled(server);
  for (let request = 0; request < 100; request++) assertEquals(await server.text(), String(last!.pid));
  assertEquals(countRecycled(server), before);
  host.write(config({ maxRequestsJitter: 20 }));
  server.kill("SIGHUP");
  await server.logged(
    /reload failed, generation 3 keeps serving: max-requests-jitter: "20" .* without max-requests/,
  );
});
